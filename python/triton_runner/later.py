"""Names of later versions: they can be imported and looked at; using one says what to use instead."""

from typing import Any, Callable, NoReturn


def refuse(name: str, instead: str) -> NoReturn:
    raise NotImplementedError(f"triton_runner.{name} comes in a later version of Triton Runner: {instead}")


def later(name: str, instead: str, doc: str) -> Callable[..., Any]:
    """A function that refuses."""

    def function(*args: Any, **kwargs: Any) -> NoReturn:
        refuse(name, instead)

    function.__name__ = function.__qualname__ = name.rpartition(".")[2]
    function.__doc__ = f"Not there yet: {doc}"
    return function


def module_getattr(module: str, instead: str) -> Callable[[str], NoReturn]:
    """The `__getattr__` of a module all of whose names come later."""

    def __getattr__(name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(f"module 'triton_runner.{module}' has no attribute {name!r}")
        refuse(f"{module}.{name}", instead)

    return __getattr__
