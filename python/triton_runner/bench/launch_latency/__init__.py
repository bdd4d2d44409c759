"""Kernels for measuring what a launch costs."""
