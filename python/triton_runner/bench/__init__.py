"""Helpers of benchmarks: `utils` measures and prints, `launch_latency` has kernels that do nothing.

`attn`, `matmul` and `cross_version` come in a later version.
"""
