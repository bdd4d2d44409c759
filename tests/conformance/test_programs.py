"""Hand-written functions of TTIR on the tile VM."""

from conformance.launch import launches
from conformance.tables import programs

test_numpy, _ = launches(programs.CASES)
