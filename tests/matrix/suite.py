"""The conformance suite (tests/conformance) through the package: every case from Python, on NumPy arrays, on the CPU.

Runs in an interpreter with Triton, NumPy and ml_dtypes, with python/ and tests/ on the path. Prints a JSON line for each
case that isn't right and a last one with the counts. SAMPLE takes one case in so many.
"""

import argparse
import importlib
import json
import sys
import zlib

import numpy as np
import triton
import triton_runner

OLD = triton.__version__.startswith(("3.0.", "3.1."))  # where `debug` is a matter of the decorator, not of the call
SCALARS = ("i32", "f32")  # a Python number is one of these; the suite's other scalars have no such form


def functions(session, cases):
    """{"file.kernel": decorated function}"""
    session.write_generated_kernels()
    for folder in (session.WORK / "generated", session.HERE / "kernels"):
        sys.path.insert(0, str(folder))
    found = {}
    for name in {case.kernel for case in cases}:
        file, kernel = name.split(".")
        found[name] = getattr(importlib.import_module(file), kernel, None)
    return found


def constexprs(case):
    import triton.language as tl
    return {name: getattr(tl, value[3:]) if isinstance(value, str) and value.startswith("tl.") else value
            for name, value in case.constexprs.items()}


def wrong(case, function, describe_difference):
    """What isn't right about a case, or None."""
    inputs = case.inputs()
    given = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in inputs.items()}
    options = {"debug": True} if case.debug else {}
    try:
        function[case.grid](**given, **constexprs(case), **options)
    except triton_runner.TritonRunnerError as error:
        if error.status != case.status or case.message not in str(error):
            return f"{type(error).__name__}: {error}"
        return None
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if case.status != "ok":
        return f"it ended well, not with {case.status}"
    expected = case.expected(inputs)
    texts = [describe_difference(given[name], value, case) for name, value in expected.items()]
    return "; ".join(text for text in texts if text) or None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=1)
    parser.add_argument("--only", default="", help="ids that contain this")
    arguments = parser.parse_args()
    triton_runner.configure_jit_backend()
    from conformance import session
    from conformance.case import describe_difference
    cases = [case for case in session.compiled_cases(triton.__version__.partition("+")[0])
             if zlib.crc32(case.id.encode()) % arguments.sample == 0 and arguments.only in case.id
             and all(param.dtype in SCALARS for param in case.params if param.is_scalar) and case.stage == "ttir"
             and not (case.debug and OLD)]
    found = functions(session, cases)
    failed = 0
    for case in cases:
        problem = wrong(case, found[case.kernel], describe_difference)
        if problem:
            failed += 1
            print(json.dumps({"case": case.id, "problem": problem}), flush=True)
    print(json.dumps({"cases": len(cases), "failed": failed}))


if __name__ == "__main__":
    main()
