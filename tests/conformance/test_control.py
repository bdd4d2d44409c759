"""Control flow, calls, random numbers, failures on the tile VM."""

from conformance.launch import launches
from conformance.tables import control

test_numpy, test_interpreter = launches(control.CASES)
