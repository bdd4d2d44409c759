"""Loads, stores and pointers on the tile VM."""

from conformance.launch import launches
from conformance.tables import memory

test_numpy, test_interpreter = launches(memory.CASES)
