"""Where things are, and how to run a script with the real Triton."""

import os
import subprocess
from pathlib import Path

BENCHMARK = Path(__file__).resolve().parent
BUILD = BENCHMARK.parent / "build/release"
HOME_CACHE = Path.home() / ".cache/triton-runner"
CACHE = Path(os.environ.get("TRITON_RUNNER_BENCHMARK", HOME_CACHE / "benchmark"))
VENVS = Path(os.environ.get("TRITON_RUNNER_VENVS") or HOME_CACHE / "venvs")
TRITON = "3.6.0"  # as run.sh installs it


def run_triton(script, *arguments, **settings):
    """Runs a script of this folder in the environment of TRITON; returns what it prints."""
    environment = {**os.environ, "TRITON_CACHE_DIR": str(CACHE / "triton"), **settings}
    command = [VENVS / TRITON / "bin/python", BENCHMARK / script, *map(str, arguments)]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
