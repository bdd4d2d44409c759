"""Operations that move elements on the tile VM."""

from conformance.launch import launches
from conformance.tables import shapes

test_numpy, test_interpreter = launches(shapes.CASES)
