"""Hand-written TTIR on the tile VM."""

from conformance.launch import launches
from conformance.tables import direct

test_numpy, _ = launches(direct.CASES)
