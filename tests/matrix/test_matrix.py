"""The package with the Tritons that CI has. `make matrix` tries all."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import matrix  # noqa: E402

LEAST = {"3.0.0": 16, "3.4.0": 17, "3.9.0": 17}  # example kernels that each has


@pytest.mark.parametrize("version", sorted(LEAST))
def test_triton(version):
    if matrix.python_of(version) is None:
        pytest.skip(f"needs Triton {version}: tools/triton_venvs.sh {version}")
    row = matrix.test(version, sample=40)
    assert row.problems == []
    assert row.python == LEAST[version] and row.ttir == 2 * LEAST[version]
    assert row.compiled == (0 if version == "3.0.0" else 2)
    assert row.suite > 50
