#!/usr/bin/env python3
"""Writes stored/: the TTIR of the kernels and the smaller outputs of Triton's interpreter.

usage: .venv/bin/python tests/conformance/generate.py

Needs Triton 3.0.0, 3.4.0, 3.6.0 and 3.9.0 (tools/triton_venvs.sh), the one of 3.6.0 with NumPy. What stored/ and
build/conformance/ have already is kept where it is current.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from conformance import archive, session  # noqa: E402
from conformance.launch import OTHER_VERSIONS, sampled  # noqa: E402

LARGEST_OUTPUTS = 256  # bytes a case; those of larger ones are left to machines with Triton


def store(name, cases, pieces, key):
    """Writes stored/NAME.xz, the pieces in order of the cases."""
    path = session.STORED / f"{name}.xz"
    archive.save(path, {case.id: (key(case), pieces[case.id]) for case in cases if case.id in pieces})
    print(f"{path.relative_to(session.ROOT)}: {len(pieces)} cases, {path.stat().st_size} bytes")


def store_texts(version):
    cases = sampled(version)
    texts = session.texts(version, cases)
    failed = {id: text for id, text in texts.items() if text.startswith(session.FAILED)}
    for id, text in failed.items():
        print(f"{version} {id}: {text}", file=sys.stderr)
    store(f"ttir-{version}", cases, {id: text.encode() for id, text in texts.items() if id not in failed},
          session.compile_key)


def store_interpreted():
    small = {id: data for id, data in session.interpreted().items() if len(data) <= LARGEST_OUTPUTS}
    store(f"interpreter-{session.INTERPRETER}", session.interpreted_cases(), small, session.interpret_key)


def main():
    for version in (session.INTERPRETER, *OTHER_VERSIONS):
        store_texts(version)
    store_interpreted()


if __name__ == "__main__":
    main()
