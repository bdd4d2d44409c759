"""Sums test results: prints "N passed, N failed, N skipped" and exits with 1 unless all passed.

Reads Meson's testlog.json, where each cmocka test is a line of TAP, and pytest's JUnit XML. Standard library only: it
must run where installing the tests' packages failed.
"""

import argparse
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

TAP = re.compile(r"^(?P<bad>not )?ok\b(?P<skip>.*# SKIP)?", re.MULTILINE)


def count_meson(text):
    """(passed, failed, skipped): the TAP lines of each program, or the program itself if it writes none."""
    passed = failed = skipped = 0
    for line in text.splitlines():
        program = json.loads(line)
        lines = list(TAP.finditer(program.get("stdout", "")))
        bad = sum(1 for m in lines if m["bad"])
        left_out = sum(1 for m in lines if m["skip"] and not m["bad"])
        passed += len(lines) - bad - left_out
        failed += bad
        skipped += left_out
        if program["result"] == "SKIP":
            skipped += not lines
        elif program["result"] != "OK":
            failed += not bad  # it crashed, leaked or took too long, whatever its lines say
        else:
            passed += not lines
    return passed, failed, skipped


def count_junit(text):
    passed = failed = skipped = 0
    for suite in ElementTree.fromstring(text).iter("testsuite"):
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        left_out = int(suite.get("skipped", 0))
        passed += max(int(suite.get("tests", 0)) - bad - left_out, 0)
        failed += bad
        skipped += left_out
    return passed, failed, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broken", type=int, default=0, help="suites that left no results: each counts as a failure")
    parser.add_argument("files", nargs="*", type=Path)
    args = parser.parse_args()

    passed, failed, skipped = 0, args.broken, 0
    for path in args.files:
        counts = (count_meson if path.suffix == ".json" else count_junit)(path.read_text())
        passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
