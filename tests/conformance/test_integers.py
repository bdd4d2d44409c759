"""Integer operations on the tile VM."""

from conformance.launch import launches
from conformance.tables import integers

test_numpy, test_interpreter = launches(integers.CASES)
