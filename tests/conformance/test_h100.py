"""The tile VM gives an H100's bits where results are exact."""

import pytest
from conformance import h100, session
from conformance.launch import launch
from conformance.library import ROOT

CASES = [case for case in session.ALL_CASES if case.id in h100.stored()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_launch(case):
    _, outputs = launch(case.id, session.INTERPRETER)
    if h100.checksum(case, outputs) != h100.stored()[case.id]:
        assert h100.difference_of(case), "an H100 gives something else"


@pytest.mark.parametrize("row", h100.DIFFERENCES, ids=lambda row: row.title)
def test_difference_is_real(row):
    """Some launch that a row excuses does differ, and the page explains the row."""
    assert any(h100.checksum(case, launch(case.id, session.INTERPRETER)[1]) != h100.stored()[case.id]
               for case in CASES if h100.difference_of(case) is row)
    assert f"**{row.title}" in (ROOT / "docs" / "semantics.md").read_text()
