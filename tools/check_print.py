#!/usr/bin/env python3
"""Checks what Triton Runner prints against what real Triton prints.

usage: check_print.py --printer PROGRAM VERSION [FILE...]

PROGRAM is tests/tools/mlir_print of a build. Triton VERSION (in the environment that tools/triton_venvs.sh made for
it) must read what PROGRAM prints of each FILE, and print the same text from it as from FILE itself; a FILE that
Triton would print as it stands must come out of PROGRAM byte for byte. Without FILEs, the examples of that version
and every form of tests/unit/mlir_forms.txt that it accepts.

Value names and, where a FILE has no locations, line numbers differ by nature and are left out of the comparison.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import check_forms

ROOT = check_forms.ROOT


def without_locations(text):
    """Leaves out loc(...), whose parentheses pair up, and their aliases."""
    text = re.sub(r"^#loc\d* = loc\(.*\)\n", "", text, flags=re.MULTILINE)
    out, i = [], 0
    while (j := text.find(" loc(", i)) >= 0:
        out.append(text[i:j])
        depth, i, quoted = 1, j + 5, False
        while depth:
            c = text[i]
            if c == '"' and text[i - 1] != "\\":
                quoted = not quoted
            elif not quoted:
                depth += (c == "(") - (c == ")")
            i += 1
    return "".join(out) + text[i:]


def print_real(path):
    """Triton's own print of a file, from a process of its own; None if Triton refuses it."""
    from triton._C.libtriton import ir

    try:
        from triton._C.libtriton import nvidia
    except ImportError:
        nvidia = None
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        context = ir.context()
        ir.load_dialects(context)
        if nvidia:
            nvidia.load_dialects(context)
        try:
            text = "1" + str(ir.parse_mlir_module(path, context))
        except Exception:
            text = "0"
        with os.fdopen(write_end, "wb") as file:
            file.write(text.encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as file:
        text = file.read().decode()
    os.waitpid(child, 0)
    return text[1:] if text.startswith("1") else None


def worker():
    for line in sys.stdin:
        print(json.dumps(print_real(line.rstrip("\n"))), flush=True)


class Triton:
    def __init__(self, version):
        python = check_forms.VENVS / version / "bin" / "python"
        if not python.exists():
            sys.exit(f"{python} does not exist: tools/triton_venvs.sh {version}")
        self.process = subprocess.Popen(
            [python, __file__, "--worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def print(self, path):
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def check(triton, printer, path, folder):
    """What is wrong with the print of this file, None if nothing is."""
    ours = subprocess.run([printer, path], capture_output=True, text=True)
    if ours.returncode:
        return f"is refused: {ours.stderr}"
    original = Path(path).read_text()
    wanted = triton.print(path)
    if wanted is None:
        return None
    if wanted == original and ours.stdout != original:
        return "does not come out byte for byte"
    copy = Path(folder) / "printed.mlir"
    copy.write_text(ours.stdout)
    got = triton.print(copy)
    if got is None:
        return f"is printed as a text that Triton refuses:\n{ours.stdout}"
    if "loc(" in original and got == wanted:
        return None
    if without_locations(got) != without_locations(wanted):
        return f"is printed as something else:\n{without_locations(got)}\ninstead of\n{without_locations(wanted)}"
    return None


def write_forms(version, folder):
    paths = []
    for i, (header, body) in enumerate(check_forms.read_forms()):
        if check_forms.short(version) in check_forms.versions_of(header) and "refused" not in header.partition("|")[0]:
            path = Path(folder) / f"form{i}.mlir"
            path.write_text(check_forms.module_of(header, body))
            paths.append(path)
    return paths


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--printer", required=True)
    parser.add_argument("version")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    triton = Triton(options.version)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        files = options.files or sorted((ROOT / "examples" / "artifacts" / options.version).rglob("*.ttir"))
        if not options.files:
            files += write_forms(options.version, folder)
        for path in files:
            problem = check(triton, options.printer, str(path), folder)
            if problem:
                wrong += 1
                print(f"{path} {problem}")
    print(f"Triton {options.version}: {len(files)} files, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--worker"]:
        worker()
    else:
        sys.exit(main())
