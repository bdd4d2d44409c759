#!/usr/bin/env python3
"""Writes docs/support.md: which ops of TTIR are read, and which the tile VM runs, from the tables themselves.

usage: support.py [--check]     --check: fail when the page is not up to date
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "support.md"


def expand(definitions, table):
    """The rows of a .def table as the C preprocessor sees them, one a line."""
    text = f'{definitions}\n#include "{table}"\n'
    command = ["gcc", "-E", "-P", "-x", "c", f"-I{ROOT / 'src'}", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def op_names():
    """code -> the names of the op, newest first."""
    text = expand("#define OP(code, names, ...) ROW(code, names)", "mlir/ops.def")
    return {code: names.split() for code, names in re.findall(r'ROW\((\w+), "([^"]*)"\)', text)}


def engines():
    """code -> (runs, reason or None)."""
    text = expand(
        "#define EXEC(op, ...) ROW(op, runs)\n#define STRUCTURE(op) ROW(op, runs)\n"
        "#define REFUSE(op, reason) ROW(op, reason)\n#define NULL none",
        "tile/exec.def",
    )
    rows = {}
    for code, what in re.findall(r'ROW\((\w+), (runs|none|"[^"]*")\)', text):
        rows[code] = (what == "runs", what.strip('"') if what.startswith('"') else None)
    return rows


def page():
    names, runs = op_names(), engines()
    dialects = {}
    for code, spellings in names.items():
        dialects.setdefault(spellings[0].split(".")[0], []).append((code, spellings))
    count = sum(runs[code][0] for code in names)
    lines = [
        "# Ops",
        "",
        "Made by `tools/support.py` from `src/mlir/ops.def` and `src/tile/exec.def`; a test keeps it up to date.",
        "",
        f"Triton Runner reads {len(names)} ops in their own syntax, and any op in generic form. The tile VM runs {count}",
        f"of them; it refuses the other {len(names) - count} by name, before anything runs.",
        "",
        "| dialect | ops | run on the CPU | refused |",
        "|---|---|---|---|",
    ]
    for dialect, ops in sorted(dialects.items()):
        good = sum(runs[code][0] for code, _ in ops)
        lines.append(f"| {dialect} | {len(ops)} | {good} | {len(ops) - good} |")
    for dialect, ops in sorted(dialects.items()):
        lines += ["", f"## {dialect}", "", "| op | also written | CPU |", "|---|---|---|"]
        for code, spellings in sorted(ops, key=lambda op: op[1][0]):
            good, reason = runs[code]
            verdict = "runs" if good else f"refused: {reason}" if reason else "refused"
            lines.append(f"| `{spellings[0]}` | {' '.join(f'`{s}`' for s in spellings[1:])} | {verdict} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when the page is not up to date")
    text = page()
    if not parser.parse_args().check:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        sys.exit("docs/support.md is not up to date: run tools/support.py")


if __name__ == "__main__":
    main()
