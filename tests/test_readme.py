"""README.zh.md says what README.md says: the same commands and outputs, the same sections, the same links."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def parts(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```.*?^```$", text, re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return {
        "blocks": blocks,
        "excuses": re.findall(r"<!-- .* -->", text),
        "headings": [len(marks) for marks in re.findall(r"^(#+) ", prose, re.MULTILINE)],
        "rows": [line.count("|") for line in prose.splitlines() if line.startswith("|")],
        "links": sorted(set(re.findall(r"\]\(([^)]+)\)", prose)) - {"README.md", "README.zh.md"}),
        # What stands in backquotes is a name or a command, hence the same in every language.
        "names": sorted(set(re.findall(r"`([^`]+)`", prose))),
    }


def test_chinese_readme_is_in_step():
    english, chinese = parts("README.md"), parts("README.zh.md")
    for what in english:
        assert chinese[what] == english[what], what
    assert len(english["blocks"]) > 5


def test_they_lead_to_each_other():
    assert "(README.zh.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(README.md)" in (ROOT / "README.zh.md").read_text(encoding="utf-8")
