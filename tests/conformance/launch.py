"""Launches cases on the tile VM and compares; makes the tests of a family of cases."""

import os
import zlib
from functools import cache

import pytest
from conformance import session
from conformance.case import Bound, describe_difference
from conformance.disagreements import disagreement_of
from conformance.library import Library, RunnerError

BY_ID = {case.id: case for case in session.ALL_CASES}
OTHER_VERSIONS = ["3.0.0", "3.4.0", "3.9.0"]
SAMPLE = 12  # of the other versions, one case in so many; every one with TRITON_RUNNER_CONFORMANCE=all


@cache
def library():
    return Library()


@cache
def texts(version):
    """TTIR by id, of all cases that are launched for a version."""
    return session.texts(version, sampled(version))


@cache
def sampled(version):
    """The cases that are launched for a version."""
    cases = session.compiled_cases(version)
    if version == session.INTERPRETER or os.environ.get("TRITON_RUNNER_CONFORMANCE") == "all":
        return cases
    return [case for case in cases if zlib.crc32(f"{version}{case.id}".encode()) % SAMPLE == 0]


def text_of(case, version):
    """The case's TTIR; skips the test where there is none."""
    if case.text is not None:
        return case.text
    text = texts(version).get(case.id)
    if text is None:
        pytest.skip(f"needs Triton {version}: tools/triton_venvs.sh {version}")
    if text.startswith(session.FAILED):
        pytest.fail(f"Triton {version} doesn't compile this: {text[len(session.FAILED):]}", pytrace=False)
    return text


@cache
def launch(case_id, version):
    """(inputs, outputs by name) of a launch; once for each case and version."""
    case = BY_ID[case_id]
    inputs = case.inputs()
    arguments = {name: value.copy() if hasattr(value, "copy") else value for name, value in inputs.items()}
    passed = [(param.dtype, arguments[param.name]) if param.is_scalar else arguments[param.name]
              for param in case.params]
    library().run(text_of(case, version), f"{case.id}.ttir", case.grid, passed)
    return inputs, {param.name: arguments[param.name] for param in case.outputs()}


def difference(case, outputs, expected):
    """What of `expected` differs, as text; empty if nothing does."""
    return "\n".join(f"{name}: {text}" for name, value in expected.items()
                     if (text := describe_difference(outputs[name], value, case)))


def check_numpy(case, version):
    """The launch ends as the case says, and gives what its oracle gives."""
    if case.status != "ok":
        with pytest.raises(RunnerError) as caught:
            launch(case.id, version)
        assert caught.value.status == case.status, str(caught.value)
        assert case.message in caught.value.text
        return
    inputs, outputs = launch(case.id, version)
    if text := difference(case, outputs, case.expected(inputs)):
        pytest.fail(text, pytrace=False)


def interpreter_difference(case, data):
    """How the launch differs from the bytes that Triton's interpreter gave; empty if it doesn't."""
    failed = session.FAILED.encode()
    if data.startswith(failed):
        return data[len(failed):].decode()
    inputs, outputs = launch(case.id, session.INTERPRETER)
    expected = case.expected(inputs)
    interpreted = {
        name: Bound(value, expected[name].error) if isinstance(expected.get(name), Bound) else value
        for name, value in session.split_outputs(case, data).items()
    }
    return difference(case, outputs, interpreted)


def check_interpreter(case):
    """The launch gives what Triton's interpreter gives, unless it is known to give something else."""
    data = session.interpreted().get(case.id)
    if data is None:
        pytest.skip(f"needs Triton {session.INTERPRETER}: tools/triton_venvs.sh {session.INTERPRETER}")
    text = interpreter_difference(case, data)
    if text and not disagreement_of(case):
        pytest.fail(text, pytrace=False)


def launches(cases):
    """(test_numpy, test_interpreter) of a family."""
    compiled = {case.id for case in session.compiled_cases(session.INTERPRETER)}
    here = [case for case in cases if case.id in compiled or case.text is not None]
    interpreted = [case for case in here if case.text is None and case.interpreter]

    @pytest.mark.parametrize("case", here, ids=lambda case: case.id)
    def test_numpy(case):
        check_numpy(case, session.INTERPRETER)

    @pytest.mark.parametrize("case", interpreted, ids=lambda case: case.id)
    def test_interpreter(case):
        check_interpreter(case)
    return test_numpy, test_interpreter
