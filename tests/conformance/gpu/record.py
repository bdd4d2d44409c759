#!/usr/bin/env python3
"""Records what an H100 computes for the suite's launches.

usage: record.py bundle BUNDLE      compiles the cases to cubins (Triton 3.6.0) and writes them with their arguments
       record.py store RESULTS      writes stored/h100.xz from what launch_cubins.py gave for that bundle

stored/h100.xz has a checksum of each launch's outputs, of the cases whose results are exact. A NaN counts as any NaN.
"""

import base64
import gzip
import json
import pickle
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np  # noqa: E402
from conformance import archive, h100, session  # noqa: E402
from conformance.dtypes import DTYPES  # noqa: E402


def job(case):
    """A job of compile_cubins.py."""
    if case.text is not None:
        return {"id": case.id, "folder": "", "text": case.text}
    return {**session.job(case), "text": None}


def arguments(case):
    """The arguments of an entry of a bundle."""
    inputs = case.inputs()
    return [{
        "data": np.asarray(inputs[param.name]).astype(DTYPES[param.dtype].numpy).tobytes(),
        "is_buffer": not param.is_scalar,
        "is_output": param.is_output,
    } for param in case.params]


def compile_cases(cases):
    """Cubins by id."""
    jobs, out = session.WORK / "cubin-jobs.json", session.WORK / "cubins.json"
    session.write_generated_kernels()
    jobs.write_text(json.dumps([job(case) for case in cases]))
    subprocess.run([session.venv_python(session.INTERPRETER), session.HERE / "triton_side/compile_cubins.py", jobs, out],
                   check=True, stderr=subprocess.DEVNULL)
    return json.loads(out.read_text())


def bundle(path):
    cases = h100.launched_cases()
    cubins = compile_cases(cases)
    entries = []
    for case in cases:
        cubin = cubins[case.id]
        if "error" in cubin:
            print(f"{case.id}: {cubin['error'].splitlines()[0]}", file=sys.stderr)
            continue
        entries.append({**cubin, "id": case.id, "cubin": base64.b64decode(cubin["cubin"]), "grid": case.grid,
                        "arguments": arguments(case)})
    Path(path).write_bytes(gzip.compress(pickle.dumps(entries), 3))
    print(f"{path}: {len(entries)} of {len(cases)} cases")


def store(path):
    results = pickle.loads(Path(path).read_bytes())
    pieces = {case.id: (session.interpret_key(case), h100.checksum(case, session.split_outputs(case, results[case.id])))
              for case in h100.exact_cases()
              if case.id in results and not results[case.id].startswith(b"!error")}
    archive.save(session.STORED / "h100.xz", pieces)
    print(f"{len(pieces)} checksums")


if __name__ == "__main__":
    {"bundle": bundle, "store": store}[sys.argv[1]](sys.argv[2])
