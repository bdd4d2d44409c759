"""tools/count_tests.py: the closing line of a test run tells the truth."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "tools" / "count_tests.py"

ALL_OK = "1..2\nok 1 - a\nok 2 - b\n# ok - group\n"
ONE_BAD = "1..2\nok 1 - a\nnot ok 2 - b\n# not ok - group\n"
ONE_SKIPPED = "1..2\nok 1 - a\nok 2 # SKIP b\n"


def run(tmp_path, programs, junit=None, broken=0):
    log = tmp_path / "a.json"
    log.write_text("".join(json.dumps({"stdout": out, "result": result}) + "\n" for out, result in programs))
    files = [log]
    if junit:
        files.append(tmp_path / "b.xml")
        files[-1].write_text(junit)
    command = [sys.executable, SCRIPT, "--broken", str(broken), *files]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stdout.strip(), result.returncode


@pytest.mark.parametrize(
    "programs, line, status",
    [
        ([(ALL_OK, "OK")], "2 passed, 0 failed, 0 skipped", 0),
        ([(ALL_OK, "OK"), ("120 inputs\n", "OK")], "3 passed, 0 failed, 0 skipped", 0),
        ([(ONE_BAD, "FAIL")], "1 passed, 1 failed, 0 skipped", 1),
        ([(ONE_SKIPPED, "OK")], "1 passed, 0 failed, 1 skipped", 0),
        ([(ALL_OK, "ERROR")], "2 passed, 1 failed, 0 skipped", 1),  # a leak, seen when the program ends
        ([("1..2\nok 1 - a\n", "ERROR")], "1 passed, 1 failed, 0 skipped", 1),  # a crash
        ([("", "TIMEOUT")], "0 passed, 1 failed, 0 skipped", 1),
        ([("", "SKIP")], "0 passed, 0 failed, 1 skipped", 1),  # nothing passed: nothing was tested
        ([], "0 passed, 0 failed, 0 skipped", 1),
    ],
)
def test_meson_results(tmp_path, programs, line, status):
    assert run(tmp_path, programs) == (line, status)


def test_sum_over_files(tmp_path):
    junit = '<testsuites><testsuite tests="7" failures="1" errors="1" skipped="2"/></testsuites>'
    assert run(tmp_path, [(ALL_OK, "OK")], junit) == ("5 passed, 2 failed, 2 skipped", 1)


def test_broken_suite_fails(tmp_path):
    assert run(tmp_path, [(ALL_OK, "OK")], broken=1) == ("2 passed, 1 failed, 0 skipped", 1)
