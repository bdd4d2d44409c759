"""Float operations and functions on the tile VM."""

from conformance.launch import launches
from conformance.tables import floats

test_numpy, test_interpreter = launches(floats.CASES)
