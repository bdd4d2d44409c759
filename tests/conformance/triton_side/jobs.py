"""What the two programs of this folder share. They run inside a virtual environment with Triton.

A job is {"id", "folder", "file", "kernel", "params", "constexprs", "grid", "stage", "debug"}; a param is
{"name", "dtype", "kind": "buffer" | "scalar", "torch", "is_output", "value"}.
"""

import importlib
import sys

import triton.language as tl


def import_kernels(jobs):
    """The functions by (file, kernel)."""
    for folder in dict.fromkeys(job["folder"] for job in jobs):
        sys.path.insert(0, folder)
    modules = {name: importlib.import_module(name) for name in {job["file"] for job in jobs}}
    return {(job["file"], job["kernel"]): getattr(modules[job["file"]], job["kernel"], None) for job in jobs}


def constexprs(job):
    """Constants by name: as they are, or what "tl.NAME" stands for."""
    return {name: getattr(tl, value[3:]) if isinstance(value, str) and value.startswith("tl.") else value
            for name, value in job["constexprs"].items()}
