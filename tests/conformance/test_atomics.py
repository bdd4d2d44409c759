"""Atomic operations on the tile VM."""

from conformance.launch import launches
from conformance.tables import atomics

test_numpy, test_interpreter = launches(atomics.CASES)
