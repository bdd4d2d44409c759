"""While something is compiled, Triton's active driver names the target of the compilation: functions of the language
such as triton.language.target_info.cuda_capability_geq, and Gluon in 3.4, ask it, not the compiler."""

from contextlib import contextmanager

from triton.runtime.driver import driver as config


@contextmanager
def driver_for(target):
    """For one thread at a time. Asks nothing of the driver that was active, if there is any."""
    name = "_active" if "_active" in vars(config) else "active"
    kept = vars(config)[name]
    vars(config)[name] = _TargetDriver(kept, target)
    try:
        yield
    finally:
        vars(config)[name] = kept


class _TargetDriver:
    def __init__(self, driver, target):
        self._driver, self._target = driver, target

    def get_current_target(self):
        return self._target

    def __getattr__(self, name):
        return getattr(config.default if self._driver is None else self._driver, name)
