#!/usr/bin/env python3
"""How fast 10 MB of TTIR are read, on one thread, by this project's parser and by Triton's own.

The text is one module: the functions of the examples' TTIR, again and again under new names, with their own location
aliases. Both parsers verify what they read. Copying the text shows what the memory allows. The best run of each counts, by
wall time and by the CPU time of the process: on a machine that does other things, too, the wall says how busy it is. The
goal is one for CPU time. Triton's parser reads the file itself, which lies in the page cache; ours gets it in memory.
"""

import argparse
import json
import os
import re
import subprocess
from itertools import count
from pathlib import Path

from places import BUILD, CACHE, run_triton

ARTIFACTS = Path(__file__).resolve().parent.parent / "examples/artifacts/3.4.0"
GOAL = 50  # MB/s
MODULE = re.compile(r"(?P<before>.*?)^module \{\n(?P<body>.*)^\} loc\(#loc\d+\)\n(?P<after>.*)",
                    re.DOTALL | re.MULTILINE)
ALIAS = re.compile(r"#loc(\d*)\b")
SYMBOL = re.compile(r'(tt\.func (?:public|private) |tt\.call )@("?)([^"(]*)\2')


def renamed(text, copy, first_alias):
    """The text with functions and location aliases of its own; returns the number of the next free alias, too."""
    largest = first_alias

    def alias(match):
        nonlocal largest
        index = first_alias + int(match[1] or 0)
        largest = max(largest, index)
        return f"#loc{index}"

    text = SYMBOL.sub(rf"\1@\2\3_{copy}\2", ALIAS.sub(alias, text))
    return text, largest + 1


def one_module(texts, size):
    """A module of at least `size` bytes."""
    before, bodies, after, total, next_alias = [], [], [], 0, 1
    for copy in count():
        text, next_alias = renamed(texts[copy % len(texts)], copy, next_alias)
        parts = MODULE.fullmatch(text)
        before.append(parts["before"])
        bodies.append(parts["body"])
        after.append(parts["after"])
        total += len(text)
        if total >= size:
            return "".join([*before, "module {\n", *bodies, "} loc(#loc)\n#loc = loc(unknown)\n", *after])


def write_text(megabytes):
    texts = [path.read_text() for path in sorted(ARTIFACTS.rglob("*.ttir"))]
    path = CACHE / "parse.ttir"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(one_module(texts, megabytes * 1_000_000))
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--megabytes", type=int, default=10, help="of text (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=9, help="of each, the best counts (default: %(default)s)")
    arguments = parser.parse_args()

    path = write_text(arguments.megabytes)
    command = [BUILD / "benchmark/parse", path, str(arguments.runs)]
    ours = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    triton_wall, triton_cpu = map(float, run_triton("parse_triton.py", path, arguments.runs).split())

    megabytes = ours["bytes"] / 1e6
    seconds = {"triton_runner": (1e-9 * ours["parse_ns"], 1e-9 * ours["parse_cpu_ns"]),
               "triton": (triton_wall, triton_cpu), "memcpy": (1e-9 * ours["copy_ns"], None)}
    wall = {name: megabytes / times[0] for name, times in seconds.items()}
    cpu = {name: megabytes / times[1] for name, times in seconds.items() if times[1]}
    print(f"{megabytes:.1f} MB of TTIR, one thread, MB/s:\n{'':<18}{'wall':>9}{'CPU':>9}")
    for name, label in (("triton_runner", "Triton Runner"), ("triton", "Triton's parser"), ("memcpy", "memcpy")):
        print(f"  {label:<16}{wall[name]:>9.1f}" + (f"{cpu[name]:>9.1f}" if name in cpu else ""))
    met = cpu["triton_runner"] >= GOAL
    print(f"{cpu['triton_runner'] / cpu['triton']:.1f} times Triton's parser; goal {GOAL} MB/s of CPU time: "
          f"{'met' if met else 'missed'}")
    if os.getloadavg()[0] > os.cpu_count():
        print("The machine is busy: wall times are too long.")
    if arguments.json:
        figures = {"bytes": ours["bytes"], "wall_mb_per_s": wall, "cpu_mb_per_s": cpu, "goal_met": met}
        arguments.json.write_text(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
