"""docs/cli.md is what the tables of the command line say."""

from cli_helpers import ROOT, run_ok


def test_docs_are_in_step():
    page = ROOT / "docs" / "cli.md"
    assert page.read_text() == run_ok("help", "--markdown"), "make it again: triton-runner help --markdown > docs/cli.md"
