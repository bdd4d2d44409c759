"""The ```python blocks of docs/python.md and the READMEs run and print what the ```text block behind them says.

"..." in it stands for anything. <!-- needs Triton --> before a block: it runs where there is Triton. <!-- not run: REASON -->
excuses it. The ```sh blocks are those of tests/test_docs.py.
"""

import importlib.util
import re

import pytest

from package_helpers import ROOT, TRITON, plain, run

PAGES = ["docs/python.md", "README.md", "README.zh.md"]
BLOCK = re.compile(r"(?P<before>[^\n]*)\n```python\n(?P<code>.*?)\n```\n(?:\n?```text\n(?P<text>.*?)\n```\n)?", re.DOTALL)


def examples():
    for page in PAGES:
        path = ROOT / page
        text = "\n" + (path.read_text() if path.exists() else "")
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start("code"))
            yield pytest.param(match["before"], match["code"], match["text"], id=f"{page}:{line}")


EXAMPLES = list(examples())


def test_there_are_some():
    assert len(EXAMPLES) >= 5


def can_tune():
    import triton_runner

    return not triton_runner.compat.is_tlx or importlib.util.find_spec("torch") is not None


@pytest.mark.parametrize("before, code, text", EXAMPLES)
def test_block(before, code, text, tmp_path, monkeypatch):
    if "<!-- not run:" in before:
        pytest.skip("excused")
    if "<!-- needs Triton -->" in before and TRITON == (0, 0):
        pytest.skip("it needs Triton")
    if "autotune" in code and not can_tune():
        pytest.skip("fbtriton's autotuner needs torch")
    monkeypatch.chdir(ROOT)
    script = tmp_path / "example.py"
    script.write_text(code)
    out = plain(run(script, TRITON_CACHE_DIR=tmp_path / "cache", NO_COLOR="1")).strip()
    expected = ".*?".join(re.escape(part) for part in (text or "").strip().split("..."))
    assert re.fullmatch(expected, out, re.DOTALL), f"expected:\n{text}\ngot:\n{out}"
