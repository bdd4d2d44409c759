"""Runs jobs on Triton's interpreter.

usage: TRITON_INTERPRET=1 interpret_jobs.py JOBS INPUTS OUT

JOBS: a JSON list (jobs.py). INPUTS: an .npz with the raw bytes of each buffer, "ID/PARAM". OUT: an .npz with the raw bytes
of each job's outputs, one after the other, under its id; of "!error " and a message where there was an exception. Nothing of the interpreter is changed; only the tensors are ours, since it
takes whatever has a data_ptr().
"""

import json
import sys
from pathlib import Path

import numpy as np
from jobs import constexprs, import_kernels


class HostTensor:
    """What the interpreter asks of a torch tensor that lies on the CPU, around the bytes of an array."""

    def __init__(self, data, dtype):
        self.data = data
        self.dtype = dtype

    def data_ptr(self):
        return self.data.ctypes.data

    def untyped_storage(self):
        return self

    def cpu(self):
        return self

    def copy_(self, other):
        if other.data is not self.data:
            self.data[...] = other.data

    def new_empty(self, size, device):
        return HostTensor(self.data, self.dtype)

    def set_(self, storage, offset, size, stride):
        self.data = storage.data

    def storage_offset(self):
        return 0

    def size(self):
        return self.data.shape

    def stride(self):
        return (1,)


def interpret_job(job, function, inputs):
    """The outputs of one job as bytes."""
    arguments, outputs = {}, []
    for param in job["params"]:
        if param["kind"] == "scalar":
            arguments[param["name"]] = param["value"]
            continue
        data = inputs[f"{job['id']}/{param['name']}"].copy()
        arguments[param["name"]] = HostTensor(data, param["torch"])
        if param["is_output"]:
            outputs.append(data)
    try:
        with np.errstate(all="ignore"):
            function[tuple(job["grid"])](**arguments, **constexprs(job))
    except Exception as error:  # whatever the interpreter raises
        return np.frombuffer(f"!error {type(error).__name__}: {error}".encode()[:1000], np.uint8)
    return np.concatenate(outputs)


def main():
    jobs = json.loads(Path(sys.argv[1]).read_text())
    functions = import_kernels(jobs)
    results = {}
    with np.load(sys.argv[2]) as inputs:
        for job in jobs:
            results[job["id"]] = interpret_job(job, functions[job["file"], job["kernel"]], inputs)
    np.savez(sys.argv[3], **results)


if __name__ == "__main__":
    main()
