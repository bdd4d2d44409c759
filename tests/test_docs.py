"""What README.md and docs/ show is true.

Every ```sh block runs, in a folder that has all of the tree's files, with the tested triton-runner in PATH, and must
succeed. A ```text block right behind it is what it prints on standard output; "..." in it stands for anything. A
comment <!-- not run: REASON --> right before a block excuses it. A ```c block with a main() is compiled and run as well.
Links to files of the tree must lead somewhere.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("TRITON_RUNNER_BUILD", ROOT / "build" / "gcc"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

BLOCK = re.compile(r"(?P<before>[^\n]*)\n```(?P<kind>\w*)[^\n]*\n(?P<text>.*?)\n?```[ ]*(?=\n|$)", re.DOTALL)
NOT_RUN = re.compile(r"<!-- not run: \S.*-->")


@dataclass
class Example:
    page: str
    line: int
    text: str
    kind: str = "sh"
    output: str | None = None


def examples(name, text):
    """The blocks of a page that run, each with the ```text block that follows it with nothing but space between."""
    found, previous_end = [], None
    text = "\n" + text
    for match in BLOCK.finditer(text):
        kind, excused = match["kind"], NOT_RUN.search(match["before"])
        if (kind == "sh" or kind == "c" and "int main(" in match["text"]) and not excused:
            found.append(Example(name, text.count("\n", 0, match.start("text")), match["text"], kind))
            previous_end = match.end()
        else:
            between = text[previous_end : match.start("kind") - 3] if previous_end is not None else "no block"
            if kind == "text" and not between.strip():
                found[-1].output = match["text"]
            previous_end = None
    return found


def all_examples():
    for page in PAGES:
        yield from examples(str(page.relative_to(ROOT)), page.read_text())


def compile_c(text, folder):
    (folder / "example.c").write_text(text)
    library = BUILD / "src"
    command = ["gcc", "-std=c11", "-Wall", "-Werror", "-I", ROOT / "include", folder / "example.c"]
    command += ["-o", folder / "example", "-L", library, f"-Wl,-rpath,{library}", "-ltriton_runner"]
    subprocess.run(command, check=True)
    return folder / "example"


def matches(output, expected):
    parts = re.split(r"\.\.\.", expected.strip())
    return re.fullmatch(".*?".join(re.escape(part) for part in parts), output.strip(), re.DOTALL) is not None


@pytest.fixture
def checkout(tmp_path):
    """A folder that looks like the tree and may be written to."""
    for entry in ROOT.iterdir():
        if entry.name != ".git":
            (tmp_path / entry.name).symlink_to(entry)
    return tmp_path


@pytest.mark.parametrize("example", list(all_examples()), ids=lambda e: f"{e.page}:{e.line}")
def test_example_runs(example, checkout, tmp_path_factory):
    env = dict(os.environ, PATH=f"{BUILD / 'cli'}:{os.environ['PATH']}", TERM="dumb", TRITON_RUNNER_THREADS="2")
    if example.kind == "c":
        command = [compile_c(example.text, tmp_path_factory.mktemp("c"))]
    else:
        command = ["bash", "-euo", "pipefail", "-c", example.text]
    result = subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    if example.output is not None:
        assert matches(result.stdout, example.output), f"expected:\n{example.output}\ngot:\n{result.stdout}"


def test_links_lead_somewhere():
    missing = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                missing.append(f"{page.relative_to(ROOT)}: {target}")
    assert missing == []


def test_index_has_every_page():
    index = (ROOT / "docs" / "README.md").read_text()
    missing = [page.name for page in sorted((ROOT / "docs").glob("*.md")) if f"]({page.name})" not in index]
    assert missing == ["README.md"]


def test_examples_are_found():
    page = """
<!-- not run: needs a GPU -->
```sh
nvidia-smi
```
Text.
```sh
echo a
```

```text
a
```
```c
int x;
```
```sh
true
```
prose
```text
not its output
```
"""
    found = examples("p", page)
    assert [(e.line, e.text, e.output) for e in found] == [(8, "echo a", "a"), (18, "true", None)]


@pytest.mark.parametrize(
    "output, expected, same",
    [
        ("a 1.25 ms\n", "a ... ms", True),
        ("a\nb\nc\nd\n", "a\n...\nd", True),
        ("a\nb\n", "a", False),
        ("a.*", "a.*", True),
        ("abc", "a.*", False),
    ],
)
def test_output_matching(output, expected, same):
    assert matches(output, expected) is same
