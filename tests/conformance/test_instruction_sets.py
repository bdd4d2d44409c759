"""A part of the launches again: every instruction set and number of threads gives the same bits."""

import zlib

import pytest
from conformance import session
from conformance.launch import launch, text_of
from conformance.library import Library, RunnerError

PART = 8  # one case in so many
CASES = [case for case in session.ALL_CASES
         if case.status == "ok" and zlib.crc32(case.id.encode()) % PART == 0
         and (case.text is not None or case in session.compiled_cases(session.INTERPRETER))]


@pytest.fixture(scope="module", params=[("baseline", 1), ("avx2", 4), ("avx512", 8)], ids=lambda pair: pair[0])
def other_library(request):
    isa, threads = request.param
    try:
        created = Library(threads=threads, isa=isa)
    except RunnerError as error:
        pytest.skip(str(error))
    yield created
    created.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_same_bits(case, other_library):
    _, expected = launch(case.id, session.INTERPRETER)
    arguments = {name: value.copy() if hasattr(value, "copy") else value for name, value in case.inputs().items()}
    other_library.run(text_of(case, session.INTERPRETER), case.id, case.grid,
                      [(param.dtype, arguments[param.name]) if param.is_scalar else arguments[param.name]
                       for param in case.params])
    assert {name: value.tobytes() for name, value in expected.items()} == {
        name: arguments[name].tobytes() for name in expected}
