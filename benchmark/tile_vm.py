#!/usr/bin/env python3
"""How fast the tile VM is: whole launches through the public C API, beside other ways to do the same on this CPU.

The kernels' TTIR is what Triton generated, unmodified. References, all measured in this run:

  interpreter  Triton's own, TRITON_INTERPRET=1 (one thread; it has no other way)
  NumPy        one thread, writing to arrays that exist
  C            loops.c, gcc -O3 -march=native, one thread

Times are in ms: the best of the runs, and their median where it says so; wall time, but CPU time of the interpreter.
NumPy, C and Triton Runner take turns, the interpreter runs before them. Outputs are filled with NaN before and checked
after each turn, against f64.
benchmark/run.sh makes what this needs.
"""

import argparse
import ctypes
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

# Before NumPy is loaded: one thread, and the BLAS kernels that suit this CPU.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
os.environ.pop("OPENBLAS_CORETYPE", None)
os.environ.pop("OPENBLAS_L2_SIZE", None)

import numpy as np  # noqa: E402
from places import BUILD, CACHE, TRITON, run_triton  # noqa: E402
from public_api import Context  # noqa: E402
from workloads import FLOOR, WORKLOADS  # noqa: E402

@dataclass
class Effort:
    """How much is measured: turns of each candidate, seconds a turn, runs of the interpreter (the first warms up)."""
    turns: int = 9
    turn_seconds: float = 0.03
    interpreter_runs: int = 8


QUICK = Effort(turns=3, turn_seconds=0.01, interpreter_runs=2)


@dataclass
class Candidate:
    """One way to do the work, with arguments of its own."""
    run: object
    arguments: dict


def say(text):
    print(text, file=sys.stderr, flush=True)


def time_interpreter(workload, effort):
    """Seconds of each run of Triton's interpreter."""
    runs = min(effort.interpreter_runs, workload.interpreter_runs)
    say(f"{workload.name}: {runs} runs of Triton's interpreter")
    return json.loads(run_triton("interpreter.py", workload.name, runs, TRITON_INTERPRET="1"))


def make_launch(workload, context, kernel):
    arguments = workload.arguments()
    return Candidate(context.launcher(kernel, workload.grid, list(arguments.values())), arguments)


def make_candidates(workload, contexts, kernels, loops):
    """What takes turns, by name."""
    candidates = {name: make_launch(workload, context, kernels[name]) for name, context in contexts.items()}
    for name, make in (("numpy", workload.numpy_work), ("c", lambda arguments: workload.c_work(loops, arguments))):
        arguments = workload.arguments()
        if run := make(arguments):
            candidates[name] = Candidate(run, arguments)
    return candidates


def time_once(run):
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def take_turn(workload, candidate, expected, turn_seconds):
    """Seconds of each run of a turn, after a warm-up run that says how many fit in."""
    workload.poison(candidate.arguments)
    runs = max(1, min(100, int(turn_seconds / time_once(candidate.run))))
    seconds = [time_once(candidate.run) for _ in range(runs)]
    workload.check(candidate.arguments, expected)
    return seconds


def measure(workload, contexts, loops, effort, with_interpreter):
    """Seconds of each run, by what ran."""
    seconds = {"interpreter": time_interpreter(workload, effort)} if with_interpreter else {}
    say(f"{workload.name}: Triton Runner, NumPy, C")
    path = CACHE / "ttir" / f"{workload.name}.ttir"
    kernels = {name: context.load(path) for name, context in contexts.items()}
    candidates = make_candidates(workload, contexts, kernels, loops)
    expected = workload.expected(candidates["one"].arguments)
    seconds.update({name: [] for name in candidates})
    for _ in range(effort.turns):
        for name, candidate in candidates.items():
            seconds[name] += take_turn(workload, candidate, expected, effort.turn_seconds)
    for name, context in contexts.items():
        context.unload(kernels[name])
    return seconds


def summarise(workload, seconds):
    """A row: best and median of each in ms, and what the best ones make of the goals."""
    row = {"name": workload.name, "title": workload.title}
    for name, runs in seconds.items():
        row[f"{name}_ms"] = 1e3 * min(runs)
        row[f"{name}_median_ms"] = 1e3 * statistics.median(runs)
        row[f"{name}_runs"] = len(runs)
    if "interpreter" in seconds:
        row["times_interpreter"] = row["interpreter_ms"] / row["one_ms"]
    for name in ("numpy", "c"):
        if name in seconds:
            row[f"of_{name}"] = row["one_ms"] / row[f"{name}_ms"]
    if workload.goal:
        row["floor_met"], row["goal_met"] = judge(workload.goal, row)
    return row


def judge(goal, row):
    """Whether the floor and the goal are met; None where what they compare with wasn't measured."""
    times = row.get("times_interpreter")
    if times is None:
        return None, None
    near_numpy = goal.numpy is None or row["of_numpy"] <= goal.numpy
    return times >= FLOOR, times >= goal.interpreter and near_numpy


def number(value):
    """Three digits, or what it takes."""
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:#.3g}"


def verdict(met):
    return {True: "met", False: "missed", None: "-"}[met]


def print_table(title, header, lines):
    print(f"\n{title}\n")
    widths = [max(len(line[column]) for line in (header, *lines)) for column in range(len(header))]
    for line in (header, *lines):
        cells = [cell.rjust(width) if column else cell.ljust(width)
                 for column, (cell, width) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip())


COLUMNS = [("Triton's interpreter", "interpreter_ms"), ("NumPy", "numpy_ms"), ("C", "c_ms"), ("1 thread", "one_ms"),
           ("median", "one_median_ms"), ("all threads", "all_ms"), ("median", "all_median_ms"),
           ("x interpreter", "times_interpreter"), ("of NumPy", "of_numpy"), ("of C", "of_c")]


def print_rows(title, rows, columns):
    header = ["ms", *(label for label, _ in columns)]
    lines = [[row["title"], *(number(row.get(key)) for _, key in columns)] for row in rows]
    if all("goal_met" in row for row in rows):
        header += [f"floor {FLOOR}x", "goal"]
        for line, row in zip(lines, rows):
            goal = WORKLOADS[row["name"]].goal
            wanted = f"{goal.interpreter}x" + (f", {goal.numpy} of NumPy" if goal.numpy else "")
            line += [verdict(row["floor_met"]), f"{wanted}: {verdict(row['goal_met'])}"]
    print_table(title, header, lines)


def print_report(machine, rows):
    print("\n".join(machine.values()))
    if os.getloadavg()[0] > os.cpu_count():
        print("The machine is busy: these times are too long, most of all those of all threads.")
    aimed = [row for row in rows if "goal_met" in row]
    weak = [row for row in rows if "goal_met" not in row]
    if aimed:
        print_rows("Kernels", aimed, [column for column in COLUMNS if column[1] not in ("c_ms", "of_c")])
    if weak:
        print_rows("Where an interpreter is weak", weak, COLUMNS)


def describe_machine(context):
    models = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    return {"cpu": f"{models[0] if models else 'unknown CPU'}, {os.cpu_count()} cores",
            "library": f"{context.describe()}, {context.threads} threads, bounds checks on",
            "references": f"Triton {TRITON}, NumPy {np.__version__}"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there")
    parser.add_argument("--quick", action="store_true", help="few runs: whether it works, not how fast it is")
    parser.add_argument("--only", action="append", choices=WORKLOADS, metavar="NAME",
                        help=f"only this workload (may be given several times): {', '.join(WORKLOADS)}")
    parser.add_argument("--no-interpreter", action="store_true", help="leave out Triton's, which takes minutes")
    parser.add_argument("--library", type=Path, default=BUILD / "src/libtriton_runner.so", help="default: %(default)s")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    effort = QUICK if arguments.quick else Effort()
    run_triton("compile_kernels.py", CACHE / "ttir")
    contexts = {"one": Context(arguments.library, 1), "all": Context(arguments.library, 0)}
    machine = describe_machine(contexts["all"])
    loops = ctypes.CDLL(str(BUILD / "benchmark/loops.so"))
    loops.add.argtypes = loops.chain.argtypes = [ctypes.c_size_t] + 3 * [ctypes.c_void_p]
    rows = [summarise(workload, measure(workload, contexts, loops, effort, not arguments.no_interpreter))
            for name, workload in WORKLOADS.items() if not arguments.only or name in arguments.only]
    for context in contexts.values():
        context.close()
    print_report(machine, rows)
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
