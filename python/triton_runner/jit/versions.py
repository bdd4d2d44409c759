"""The names that the classes of decorated functions once had, a version each. There is one now, for every version."""

_NAMES = ("RunnerJITFunction", "RunnerJITFunction_TLX", "RunnerJITFunctionV3_9_0", "RunnerJITFunctionV3_8_0",
          "RunnerJITFunctionV3_7_0", "RunnerJITFunctionV3_6_0", "RunnerJITFunctionV3_5_0", "RunnerJITFunctionV3_4_0",
          "RunnerJITFunctionV3_3_0", "RunnerJITFunctionV3_2_0", "RunnerJITFunctionV3_1_0", "RunnerJITFunctionV3_0_0")


def __getattr__(name):
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .function import function_class
    return function_class()


def __dir__():
    return sorted(_NAMES)
