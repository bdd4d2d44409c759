"""One table of environment variables: the code, the documentation, and what the C library reads."""

import re
from pathlib import Path

import pytest

from triton_runner import environment

ROOT = Path(__file__).resolve().parents[2]


def test_documentation_has_the_same_table():
    page = (ROOT / "docs" / "python.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert rows == [(row.name, row.reader, row.meaning) for row in environment.VARIABLES.values()]


def test_what_the_library_reads_is_in_the_table():
    """TRITON_RUNNER_CUDA_DRIVER and TRITON_RUNNER_EXAMPLES are of the tests and the command line."""
    sources = [*(ROOT / "src").rglob("*.c"), *(ROOT / "python").rglob("*.c"), *(ROOT / "python").rglob("*.py")]
    found = {name for path in sources for name in re.findall(r'"(TRITON_RUNNER_[A-Z_]+)"', path.read_text())}
    assert found - {"TRITON_RUNNER_CUDA_DRIVER"} <= set(environment.VARIABLES)


@pytest.mark.parametrize("text, value", [(None, False), ("", False), ("0", False), ("false", False), ("No", False),
                                         (" off ", False), ("1", True), ("true", True), ("2", True), ("on", True)])
def test_truth(text, value):
    assert environment.is_true(text) is value


@pytest.mark.parametrize("text, arch", [(None, 90), ("", 90), ("sm_80", 80), ("sm80", 80), ("SM_90a", 90),
                                        ("cuda:75", 75), ("120", 120)])
def test_target(monkeypatch, text, arch):
    monkeypatch.delenv("TRITON_RUNNER_TARGET", raising=False)
    if text is not None:
        monkeypatch.setenv("TRITON_RUNNER_TARGET", text)
    assert environment.cpu_target() == arch


@pytest.mark.parametrize("text", ["gfx942", "sm_9", "90 80", "sm_"])
def test_wrong_target(monkeypatch, text):
    monkeypatch.setenv("TRITON_RUNNER_TARGET", text)
    with pytest.raises(ValueError, match=f"TRITON_RUNNER_TARGET='{text}' names no target"):
        environment.cpu_target()
