"""Times Triton's own parser on a file and prints the best wall time and the best CPU time of RUNS in seconds.

usage: parse_triton.py FILE RUNS
"""

import sys
import time

from triton._C.libtriton import ir


def time_parse(path):
    context = ir.context()
    ir.load_dialects(context)
    wall, cpu = time.perf_counter(), time.process_time()
    ir.parse_mlir_module(path, context)
    return time.perf_counter() - wall, time.process_time() - cpu


def main():
    path, runs = sys.argv[1], int(sys.argv[2])
    print(*(min(times) for times in zip(*(time_parse(path) for _ in range(runs)))))


if __name__ == "__main__":
    main()
