"""Launches a bundle of cubins through the CUDA driver. Needs a GPU and Python's standard library, nothing else.

usage: launch_cubins.py BUNDLE OUT      BUNDLE: what record.py bundle writes. OUT: a pickled dictionary, id to the outputs'
bytes one after the other, or to b"!error " and a message

A kernel that traps takes its process's context with it: the launches run in child processes, each going on after the
launch that ended the one before.
"""

import ctypes
import gzip
import pickle
import subprocess
import sys
from pathlib import Path

EXTRA_PARAMETERS = 2  # scratch memory and a profiling buffer, which Triton 3.6 appends


class Driver:
    """The few driver calls that a launch takes."""

    def __init__(self):
        self.cuda = ctypes.CDLL("libcuda.so.1")
        device, context = ctypes.c_int(), ctypes.c_void_p()
        self.call("cuInit", 0)
        self.call("cuDeviceGet", ctypes.byref(device), 0)
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self.call("cuCtxSetCurrent", context)

    def call(self, function, *arguments):
        result = getattr(self.cuda, function)(*arguments)
        if result:
            text = ctypes.c_char_p()
            self.cuda.cuGetErrorString(result, ctypes.byref(text))
            raise RuntimeError(f"{function}: {text.value.decode()}")

    def allocate(self, size):
        pointer = ctypes.c_uint64()
        self.call("cuMemAlloc_v2", ctypes.byref(pointer), ctypes.c_size_t(max(size, 16)))
        return pointer

    def upload(self, data):
        pointer = self.allocate(len(data))
        self.call("cuMemcpyHtoD_v2", pointer, data, ctypes.c_size_t(len(data)))
        return pointer

    def download(self, pointer, size):
        data = ctypes.create_string_buffer(size)
        self.call("cuMemcpyDtoH_v2", data, pointer, ctypes.c_size_t(size))
        return data.raw

    def launch(self, entry):
        """The outputs' bytes of one entry of a bundle."""
        module, function = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("cuModuleLoadData", ctypes.byref(module), entry["cubin"])
        self.call("cuModuleGetFunction", ctypes.byref(function), module, entry["name"].encode())
        if entry["shared"] > 48 << 10:
            self.call("cuFuncSetAttribute", function, 8, entry["shared"])  # MAX_DYNAMIC_SHARED_SIZE_BYTES
        words = [self.upload(argument["data"]) if argument["is_buffer"]
                 else ctypes.create_string_buffer(argument["data"], 16) for argument in entry["arguments"]]
        x, y, z = entry["grid"]
        extra = [self.allocate(entry["scratch"] * x * y * z)] + [ctypes.c_uint64()] * (EXTRA_PARAMETERS - 1)
        pointers = [ctypes.cast(ctypes.byref(word), ctypes.c_void_p) for word in words + extra]
        self.call("cuLaunchKernel", function, x, y, z, entry["warps"] * 32, 1, 1, entry["shared"], None,
                  (ctypes.c_void_p * len(pointers))(*pointers), None)
        self.call("cuCtxSynchronize")
        outputs = [self.download(word, len(argument["data"]))
                   for word, argument in zip(words, entry["arguments"]) if argument["is_output"]]
        for pointer in [extra[0]] + [word for word in words if isinstance(word, ctypes.c_uint64)]:
            self.call("cuMemFree_v2", pointer)
        self.call("cuModuleUnload", module)
        return b"".join(outputs)


def launch_until_failure(bundle):
    """Outputs by id; the last one may be an error."""
    driver, results = Driver(), {}
    for entry in bundle:
        try:
            results[entry["id"]] = driver.launch(entry)
        except RuntimeError as error:
            results[entry["id"]] = f"!error {error}".encode()
            break
    return results


def main():
    path, out = Path(sys.argv[1]), Path(sys.argv[2])
    bundle = pickle.loads(gzip.decompress(path.read_bytes()))
    if len(sys.argv) > 3:
        out.write_bytes(pickle.dumps(launch_until_failure(bundle[int(sys.argv[3]):])))
        return
    results = {}
    while len(results) < len(bundle):
        subprocess.run([sys.executable, __file__, path, out, str(len(results))], check=True)
        results |= pickle.loads(out.read_bytes())
        last = bundle[len(results) - 1]["id"]
        if results[last].startswith(b"!error"):
            print(last, results[last].decode())
    out.write_bytes(pickle.dumps(results))
    print(f"{len(results)} launches")


if __name__ == "__main__":
    main()
