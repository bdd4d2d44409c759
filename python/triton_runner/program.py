"""The command line, `triton-runner`: the program that the package carries takes the place of this process."""

import os
import sys
from pathlib import Path


def find_program():
    """The program's path: in the installed package, else in the folder that the extension was built in."""
    places = [Path(__file__).resolve().parent / "bin" / "triton-runner"]
    try:
        from triton_runner import _core
        places.append(Path(_core.__file__).resolve().parent.parent / "cli" / "triton-runner")
    except ImportError:
        pass
    for place in places:
        if place.is_file():
            return place
    raise FileNotFoundError("triton-runner is not in any of: " + ", ".join(map(str, places)))


def main():
    try:
        program = find_program()
        sys.stdout.flush()
        os.execv(program, ["triton-runner", *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"triton-runner: {error}")
