"""What every file of the tree and the built library must keep to."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("TRITON_RUNNER_BUILD", ROOT / "build" / "gcc"))
HEADER = ROOT / "include" / "triton_runner.h"

LARGEST_TREE = 8_000_000  # bytes
LARGEST_FILE = 1_000_000


def tracked_files():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def test_tree_is_small():
    sizes = {path: path.stat().st_size for path in tracked_files()}
    assert sum(sizes.values()) < LARGEST_TREE
    assert [str(path) for path, size in sizes.items() if size > LARGEST_FILE] == []


def test_no_path_of_one_machine():
    """A home or scratch folder in a file means that it works on one machine only."""
    pattern = re.compile(rb"/(?:root|work|home/\w+|Users/\w+)/[\w.]")
    found = [
        f"{path.relative_to(ROOT)}: {match.group().decode()}"
        for path in tracked_files()
        if path.resolve() != Path(__file__).resolve()
        for match in pattern.finditer(path.read_bytes())
    ]
    assert found == []


def test_text_files_are_tidy():
    """UTF-8, no tabs in C, no space at the end of a line, a newline at the end."""
    found = []
    for path in tracked_files():
        if path.suffix not in {".c", ".h", ".def", ".py", ".sh", ".md", ".build", ".txt"} or "corpus" in path.parts:
            continue
        text = path.read_bytes().decode("utf-8")
        name = path.relative_to(ROOT)
        if text and not text.endswith("\n"):
            found.append(f"{name}: no newline at the end")
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                found.append(f"{name}:{number}: space at the end of the line")
            if "\t" in line and path.suffix in {".c", ".h", ".def"}:
                found.append(f"{name}:{number}: tab")
    assert found == []


def test_include_guards_follow_the_path():
    """A header without a guard is one that is meant to be included several times."""
    found = []
    for path in sorted((ROOT / "src").rglob("*.h")):
        guard = "TR_" + re.sub(r"\W", "_", str(path.relative_to(ROOT / "src"))).upper()
        match = re.search(r"^#ifndef (\w+)\n#define \1\n", path.read_text(), re.MULTILINE)
        if match and match.group(1) != guard:
            found.append(f"{path.relative_to(ROOT)}: {match.group(1)} instead of {guard}")
    assert found == []


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("language, standard", [("c", "c11"), ("c", "c17"), ("c++", "c++11"), ("c++", "c++20")])
def test_public_header_compiles_alone(compiler, language, standard):
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    if language == "c++" and not can_compile_cpp(compiler):
        pytest.skip(f"{compiler} has no C++ here")
    result = compile_text(compiler, language, standard, '#include "triton_runner.h"\n')
    assert result.returncode == 0, result.stderr


def compile_text(compiler, language, standard, text):
    flags = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", f"-I{HEADER.parent}"]
    command = [compiler, *flags, "-x", language, f"-std={standard}", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True)


def can_compile_cpp(compiler):
    return compile_text(compiler, "c++", "c++11", "int i;\n").returncode == 0


def exported_symbols():
    library = BUILD / "src" / "libtriton_runner.so"
    if not library.exists():
        pytest.fail(f"{library} does not exist: tools/build.sh gcc")
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1] for line in lines.splitlines()}


def declared_functions():
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
    return set(re.findall(r"TR_API[^;]*?\b(tr_\w+)\s*\(", text))


def test_library_exports_what_the_header_declares():
    declared = declared_functions()
    assert len(declared) > 20
    assert exported_symbols() == declared
