"""Prints the package's files, for meson.build: those that are installed, one a line, relative to this folder."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
SUFFIXES = {".py", ".pyi", ".typed", ".json"}

for path in sorted((HERE / "triton_runner").rglob("*")):
    if path.suffix in SUFFIXES and "__pycache__" not in path.parts:
        print(path.relative_to(HERE).as_posix())
