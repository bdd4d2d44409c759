"""docs/cli.md is what the tables of the command line say, and the program of docs/runner.md runs."""

import re
import shutil
import subprocess

import pytest

from cli_helpers import BUILD, ROOT, run_ok


def test_docs_are_in_step():
    page = ROOT / "docs" / "cli.md"
    assert page.read_text() == run_ok("help", "--markdown"), "make it again: triton-runner help --markdown > docs/cli.md"


def test_the_c_program_runs(tmp_path):
    library = BUILD / "src"
    if not (library / "libtriton_runner.so").exists() or not shutil.which("cc"):
        pytest.skip("no library or no compiler")
    program = re.search(r"```c\n(.*?)```", (ROOT / "docs" / "runner.md").read_text(), re.DOTALL).group(1)
    (tmp_path / "program.c").write_text(program)
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", "program.c", "-o", "program",
                    f"-L{library}", "-ltriton_runner", f"-Wl,-rpath,{library}"], cwd=tmp_path, check=True)
    result = subprocess.run([tmp_path / "program"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "out[7] = 7.5\n"


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert [page for page in sorted(pages) if f"]({page})" not in index] == []
