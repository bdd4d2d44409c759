#!/usr/bin/env python3
"""Checks tests/unit/mlir_forms.txt against real Triton.

usage: check_forms.py [--update] [VERSION...]

Every form of the file is a small module, with the Triton versions that accept it. Each version (default: all)
parses and verifies every form, in the environment that tools/triton_venvs.sh made for it; what differs is printed.
--update writes what the versions really accept into the file (needs all of them).

What Triton Runner itself accepts is checked by tests/unit/test_mlir_forms.c, from the same file.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORMS = ROOT / "tests" / "unit" / "mlir_forms.txt"
VENVS = Path(os.environ.get("TRITON_RUNNER_VENVS") or Path.home() / ".cache" / "triton-runner" / "venvs")
VERSIONS = ["3.0.0", "3.1.0", "3.2.0", "3.3.1", "3.4.0", "3.5.1", "3.6.0", "3.7.1", "3.8.0", "3.9.0"]


def short(version):
    return version.rsplit(".", 1)[0]


def read_forms():
    """[header, body] of each form; the header is 'VERSIONS | ARGUMENTS' or 'VERSIONS | module'."""
    forms = []
    for line in FORMS.read_text().splitlines(keepends=True):
        if line.startswith("--- "):
            forms.append([line[4:].strip(), ""])
        elif forms and not line.startswith("# "):
            forms[-1][1] += line
    return forms


def module_of(header, body):
    arguments = header.partition("|")[2].strip()
    if arguments == "module":
        return body
    body = "".join(f"    {line}\n" for line in body.splitlines())
    return f"module {{\n  tt.func public @k({arguments}) {{\n{body}    tt.return\n  }}\n}}\n"


def versions_of(header):
    """The versions that the header names."""
    found = set()
    for word in header.partition("|")[0].replace(",", " ").split():
        if word in ("accepted", "refused", "none"):
            continue
        first, last = VERSIONS[0], VERSIONS[-1]
        if word != "all":
            first, _, end = word.rstrip("+").partition("-")
            last = last if word.endswith("+") else end or first
        names = [short(v) for v in VERSIONS]
        found.update(names[names.index(short_name(first)) : names.index(short_name(last)) + 1])
    return found


def short_name(name):
    return ".".join(name.split(".")[:2])


def header_of(accepted, old):
    """The shortest way to name these versions."""
    names = [short(v) for v in VERSIONS]
    words = []
    i = 0
    while i < len(names):
        if names[i] not in accepted:
            i += 1
            continue
        first = i
        while i + 1 < len(names) and names[i + 1] in accepted:
            i += 1
        if i == len(names) - 1:
            words.append("all" if first == 0 else names[first] + "+" if first < i else names[first])
        else:
            words.append(names[first] + ("-" + names[i] if i > first else ""))
        i += 1
    left, _, right = old.partition("|")
    ours = [word for word in ("accepted", "refused") if word in left]
    return ", ".join((words or ["none"]) + ours) + " | " + right.strip()


def run_one(text):
    """In a process of its own, because some inputs abort it."""
    from triton._C.libtriton import ir

    try:
        from triton._C.libtriton import nvidia
    except ImportError:
        nvidia = None
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with tempfile.NamedTemporaryFile("w", suffix=".mlir") as file:
            file.write(text)
            file.flush()
            context = ir.context()
            ir.load_dialects(context)
            if nvidia:
                nvidia.load_dialects(context)
            try:
                ir.parse_mlir_module(file.name, context)
                os.write(write_end, b"1")
            except Exception:
                os.write(write_end, b"0")
        os._exit(0)
    os.close(write_end)
    answer = os.read(read_end, 1)
    os.close(read_end)
    os.waitpid(child, 0)
    return answer == b"1"


def worker():
    print(json.dumps([run_one(module_of(*form)) for form in read_forms()]))


def main(arguments):
    if arguments == ["--worker"]:
        return worker()
    update = "--update" in arguments
    versions = [a for a in arguments if a != "--update"] or VERSIONS
    forms = read_forms()
    accepted = [set() for _ in forms]
    wrong = 0
    for version in versions:
        python = VENVS / version / "bin" / "python"
        if not python.exists():
            sys.exit(f"{python} does not exist: tools/triton_venvs.sh {version}")
        result = subprocess.run([python, __file__, "--worker"], check=True, capture_output=True, text=True)
        for i, ok in enumerate(json.loads(result.stdout)):
            said = short(version) in versions_of(forms[i][0])
            if ok:
                accepted[i].add(short(version))
            if ok != said and not update:
                wrong += 1
                print(f"{version} {'accepts' if ok else 'refuses'} this:\n--- {forms[i][0]}\n{forms[i][1]}")
    if update:
        headers = iter([header_of(accepted[i], form[0]) for i, form in enumerate(forms)])
        lines = FORMS.read_text().splitlines(keepends=True)
        FORMS.write_text("".join(f"--- {next(headers)}".rstrip() + "\n" if line.startswith("--- ") else line for line in lines))
    print(f"{len(forms)} forms, {len(versions)} versions, {wrong} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
