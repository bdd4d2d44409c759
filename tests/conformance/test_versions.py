"""The same kernels as other Triton versions compile them."""

import pytest
from conformance.launch import OTHER_VERSIONS, check_numpy, sampled

LAUNCHES = [(case, version) for version in OTHER_VERSIONS for case in sampled(version)]


@pytest.mark.parametrize("case, version", LAUNCHES, ids=[f"{version}-{case.id}" for case, version in LAUNCHES])
def test_numpy(case, version):
    check_numpy(case, version)
