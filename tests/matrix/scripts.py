"""Every script of examples/runner on the GPU, several at a time: a table of levels and versions, and why one failed.

    python3 tests/matrix/scripts.py [--jobs N] [--versions v3.6.0,...]

Scripts from Python and Gluon run where the folder is that of the Triton that is here. TTIR, TTGIR and LLIR go through that
Triton too, which need not read what another version wrote; PTX and cubins need none.
"""

import argparse
import collections
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

RUNNER = Path(__file__).resolve().parents[2] / "examples" / "runner"
LEVELS = ["python", "gluon", "ttir", "ttgir", "llir", "ptx", "cubin"]


def own_folder():
    """The folder of the Triton that is here: "v3.4.0"."""
    import triton
    major, minor = triton.__version__.split(".")[:2]
    return next((path.name for path in RUNNER.glob(f"v{major}.{minor}.*")), None)


def scripts(versions):
    """The scripts that have something to do here. TLX is fbtriton's."""
    own = own_folder()
    for path in sorted(RUNNER.glob("*/*/**/*.py")):
        folder, level = path.relative_to(RUNNER).parts[:2]
        if level not in LEVELS or (versions and folder not in versions):
            continue
        if level in ("python", "gluon") and folder != own:
            continue
        yield path


def run(path):
    """(path, None or why it failed)"""
    try:
        done = subprocess.run([sys.executable, path, "cuda"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120, env={**os.environ, "TRITON_RUNNER_PROD": "1"})
    except subprocess.TimeoutExpired:
        return path, "it never ended"
    lines = done.stdout.strip().splitlines() or [f"exit status {done.returncode}"]
    said = next((line for line in lines if "Error" in line or "error:" in line or "triton_runner.errors" in line), lines[-1])
    return path, None if done.returncode == 0 and ": ok, " in lines[-1] else said[:300]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--versions", type=lambda text: text.split(","), default=[])
    arguments = parser.parse_args()
    counts, failures = collections.Counter(), []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for path, problem in pool.map(run, scripts(arguments.versions)):
            folder, level = path.relative_to(RUNNER).parts[:2]
            counts[folder, level, problem is None] += 1
            if problem:
                failures.append(f"{path.relative_to(RUNNER)}: {problem}")
    folders = sorted({folder for folder, _, _ in counts})
    print("| |", " | ".join(LEVELS), "|\n|---|" + "---|" * len(LEVELS))
    for folder in folders:
        cells = []
        for level in LEVELS:
            good, bad = counts[folder, level, True], counts[folder, level, False]
            cells.append("" if good + bad == 0 else f"{good} of {good + bad}")
        print(f"| {folder} |", " | ".join(cells), "|")
    for failure in failures:
        print(" ", failure)


if __name__ == "__main__":
    main()
