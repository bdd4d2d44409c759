"""The package with every Triton, on the CPU: a table of what ran. `make matrix`, or

    .venv/bin/python tests/matrix/matrix.py [--sample N] [VERSION...]

For each Triton: the example kernels from Python and from TTIR (program.py), Gluon and TLX where they are, compiled to a
cubin, and the conformance suite from Python (suite.py; one case in N). Needs environments (tools/triton_venvs.sh) and the
extension for their Python (tools/build.sh python).
"""

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ["3.0.0", "3.1.0", "3.2.0", "3.3.1", "3.4.0", "3.5.1", "3.6.0", "3.7.1", "3.8.0", "3.9.0", "fbtriton"]
IN_SUITE = ["3.0.0", "3.4.0", "3.6.0", "3.9.0"]  # whose cases the suite knows to leave out
VENVS = Path(os.environ.get("TRITON_RUNNER_VENVS") or Path.home() / ".cache/triton-runner/venvs")


class Row(NamedTuple):
    """Counts of one Triton and what went wrong, as texts."""
    version: str
    python: int
    ttir: int
    compiled: int
    suite: int
    problems: list


def python_of(version):
    """The interpreter of an environment, or None."""
    python = VENVS / version / "bin" / "python"
    return python if python.exists() else None


def run(version, program, *arguments):
    """(the JSON lines that a program prints, the end of what it says besides if it failed)"""
    with tempfile.TemporaryDirectory() as cache:
        path = [str(ROOT / "python"), str(ROOT / "tests"), sysconfig.get_paths()["purelib"]]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "TRITON_CACHE_DIR": cache,
                       "TRITON_RUNNER_PROD": "1", "TRITON_DEFAULT_FP_FUSION": "1"}
        done = subprocess.run([python_of(version), ROOT / "tests" / "matrix" / program, *arguments], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return rows, "" if done.returncode == 0 else done.stderr[-2000:] or f"exit status {done.returncode}"


def examples(version):
    """(launches by level that were right, problems)"""
    with tempfile.TemporaryDirectory() as folder:
        rows, failed = run(version, "program.py", "--folder", folder)
    good = {"python": 0, "ttir": 0, "ttir_src": 0, "compile": 0}
    problems = [f"program.py: {failed}"] if failed else []
    for row in rows:
        if row["result"] == "ok":
            good[row["level"]] += 1
        else:
            problems.append(f"{row['variant']} from {row['level']}: {row['result']}")
    return good, problems


def suite(version, sample):
    """(cases that were right, problems)"""
    rows, failed = run(version, "suite.py", "--sample", str(sample))
    problems = [f"suite.py: {failed}"] if failed else []
    problems += [f"{row['case']}: {row['problem']}" for row in rows if "problem" in row]
    total = next((row for row in rows if "cases" in row), {"cases": 0, "failed": 0})
    return total["cases"] - total["failed"], problems


def test(version, sample):
    """The row of one Triton."""
    good, problems = examples(version)
    right, more = suite(version, sample) if version in IN_SUITE else (0, [])
    return Row(version, good["python"], good["ttir"] + good["ttir_src"], good["compile"], right, problems + more)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=20, help="of the conformance suite one case in so many (20)")
    parser.add_argument("versions", nargs="*", default=VERSIONS, help="default: all")
    arguments = parser.parse_args()
    print("| Triton | Python | TTIR | Gluon, TLX compiled | conformance | wrong |\n|---|---|---|---|---|---|")
    wrong = 0
    for version in arguments.versions:
        if python_of(version) is None:
            print(f"| {version} | not installed: tools/triton_venvs.sh {version} | | | | |", flush=True)
            continue
        row = test(version, arguments.sample)
        wrong += len(row.problems)
        print(f"| {row.version} | {row.python} | {row.ttir} | {row.compiled or ''} | {row.suite or ''} | "
              f"{len(row.problems)} |", flush=True)
        for problem in row.problems:
            print(f"  {row.version}: {problem}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
