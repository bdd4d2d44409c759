"""Each run has a cache folder of its own, as Triton's tests do. test_in_venvs.py runs this folder with other Tritons."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        for name in ("NO_COLOR", "TRITON_RUNNER_PROD", "TRITON_RUNNER_PROD_TEST", "TRITON_RUNNER_TARGET", "TRITON_DEBUG"):
            patch.delenv(name, raising=False)
        yield
