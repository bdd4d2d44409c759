"""Reductions, scans, sorts, histograms on the tile VM."""

from conformance.launch import launches
from conformance.tables import reductions

test_numpy, test_interpreter = launches(reductions.CASES)
