"""Times one workload on Triton's own interpreter and prints the runs as JSON.

usage: interpreter.py WORKLOAD RUNS

Run with TRITON_INTERPRET=1, in an environment with Triton and NumPy. Nothing of the interpreter is changed or left out;
only the tensors are ours, since it takes whatever has a data_ptr(). Each run's outputs are checked.
"""

import json
import sys
import time

import kernels
import numpy as np
import triton
from workloads import WORKLOADS


class HostTensor:
    """What Triton's interpreter asks of a torch tensor that lies on the CPU, around a NumPy array.

    As with such a tensor, copies between device and host are none.
    """

    def __init__(self, array):
        self.array = array
        self.dtype = array.dtype

    def data_ptr(self):
        return self.array.ctypes.data

    def untyped_storage(self):
        return self

    def cpu(self):
        return self

    def copy_(self, other):
        if other.array is not self.array:
            self.array[...] = other.array

    def new_empty(self, size, device):
        return HostTensor(np.empty(size, self.dtype))

    def set_(self, storage, offset, size, stride):
        self.array = storage.array

    def storage_offset(self):
        return 0

    def size(self):
        return self.array.shape

    def stride(self):
        return tuple(step // self.array.itemsize for step in self.array.strides)


def time_run(workload, launch, arguments, expected):
    """Seconds of one checked run."""
    workload.poison(arguments)
    begin = time.perf_counter()
    launch()
    seconds = time.perf_counter() - begin
    workload.check(arguments, expected)
    return seconds


def main():
    workload, runs = WORKLOADS[sys.argv[1]], int(sys.argv[2])
    arguments = workload.arguments()
    expected = workload.expected(arguments)
    passed = {name: HostTensor(value) if isinstance(value, np.ndarray) else value for name, value in arguments.items()}
    kernel = getattr(kernels, workload.kernel)[workload.grid]
    seconds = [time_run(workload, lambda: kernel(**passed, **workload.constexprs), arguments, expected)
               for _ in range(1 + runs)]
    json.dump({"triton": triton.__version__, "numpy": np.__version__, "seconds": seconds[1:]}, sys.stdout)


if __name__ == "__main__":
    main()
