"""Conversions on the tile VM."""

from conformance.launch import launches
from conformance.tables import casts

test_numpy, test_interpreter = launches(casts.CASES)
