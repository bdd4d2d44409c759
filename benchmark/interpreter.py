"""Times one workload on Triton's own interpreter and prints the runs as JSON.

usage: interpreter.py WORKLOAD RUNS

The first of several runs warms up and isn't printed. Times are CPU times: on a busy machine they flatter the
interpreter, wall times would flatter whoever is compared with it. Run with TRITON_INTERPRET=1, in an environment with
Triton and NumPy. Nothing of the interpreter is changed or left out; only the tensors are ours, since it takes whatever
has a data_ptr(). Each run's outputs are checked.
"""

import json
import sys
import time

import kernels
import numpy as np
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
    """CPU seconds of one checked run."""
    workload.poison(arguments)
    begin = time.thread_time()
    launch()
    seconds = time.thread_time() - begin
    workload.check(arguments, expected)
    return seconds


def main():
    workload, runs = WORKLOADS[sys.argv[1]], int(sys.argv[2])
    arguments = workload.arguments()
    expected = workload.expected(arguments)
    passed = {name: HostTensor(value) if isinstance(value, np.ndarray) else value for name, value in arguments.items()}
    kernel = getattr(kernels, workload.kernel)[workload.grid]
    seconds = [time_run(workload, lambda: kernel(**passed, **workload.constexprs), arguments, expected)
               for _ in range(runs)]
    json.dump(seconds[1:] or seconds, sys.stdout)


if __name__ == "__main__":
    main()
