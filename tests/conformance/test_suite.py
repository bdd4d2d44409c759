"""The suite itself: how much it covers, whether what is stored is current, whether the disagreements are real."""

import pytest
from conformance import session
from conformance.disagreements import DISAGREEMENTS, disagreement_of
from conformance.launch import interpreter_difference
from conformance.library import ROOT


def test_ids_are_unique():
    assert len({case.id for case in session.ALL_CASES}) == len(session.ALL_CASES)


def test_there_are_a_thousand_launches():
    assert len(session.compiled_cases(session.INTERPRETER)) >= 1000


@pytest.mark.parametrize("version", [session.INTERPRETER])
def test_stored_texts_are_current(version):
    """tests/conformance/generate.py makes them anew."""
    stored = session.archive.load(session.STORED / f"ttir-{version}.xz")
    stale = [case.id for case in session.compiled_cases(version)
             if stored.get(case.id, ("",))[0] != session.compile_key(case)]
    assert stale == []


@pytest.mark.parametrize("row", DISAGREEMENTS, ids=lambda row: row.title)
def test_disagreement_is_real(row):
    """Some launch that a row excuses does differ, and the page explains the row."""
    found = [case for case in session.interpreted_cases() if disagreement_of(case) is row
             and (data := session.interpreted().get(case.id)) and interpreter_difference(case, data)]
    if not found and session.venv_python(session.INTERPRETER) is None:
        pytest.skip(f"needs Triton {session.INTERPRETER}: only the smaller outputs are stored")
    assert found
    assert f"**{row.title}" in (ROOT / "docs" / "semantics.md").read_text()


def test_gather_in_an_empty_tree(tmp_path, monkeypatch):
    """The folder of kept pieces is there before anything is made; what can't be made is said once, for each case."""
    monkeypatch.setattr(session, "WORK", tmp_path / "build" / "conformance")
    cases = session.interpreted_cases()[:2]

    def make(missing):
        (session.WORK / "inputs.npz").write_bytes(b"")
        return {case.id: b"made" for case in missing}

    assert session.gather("absent", cases, session.compile_key, make) == {case.id: b"made" for case in cases}

    def fail(missing):
        raise OSError("no room")

    failed = session.gather("absent", cases, session.interpret_key, fail)
    assert [data.decode() for data in failed.values()] == [f"{session.FAILED}no room"] * 2
