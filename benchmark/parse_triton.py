"""Times Triton's own parser on a file and prints the best time of RUNS in seconds.

usage: parse_triton.py FILE RUNS
"""

import sys
import time

from triton._C.libtriton import ir


def time_parse(path):
    context = ir.context()
    ir.load_dialects(context)
    begin = time.perf_counter()
    ir.parse_mlir_module(path, context)
    return time.perf_counter() - begin


def main():
    path, runs = sys.argv[1], int(sys.argv[2])
    print(min(time_parse(path) for _ in range(runs)))


if __name__ == "__main__":
    main()
