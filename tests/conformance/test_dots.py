"""Matrix products on the tile VM."""

from conformance.launch import launches
from conformance.tables import dots

test_numpy, test_interpreter = launches(dots.CASES)
