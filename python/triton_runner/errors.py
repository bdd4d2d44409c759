"""The exceptions of this package. Each is a TritonRunnerError and, besides, what Python calls that kind of fault.

| exception | status of the C API | also a |
|---|---|---|
| InvalidArgument | invalid argument | ValueError |
| InvalidInput | invalid input | ValueError |
| NotFound | not found | FileNotFoundError |
| Mismatch | mismatch | ValueError |
| Unsupported | unsupported | NotImplementedError |
| Unavailable | unavailable | |
| OutOfBounds | out of bounds | IndexError |
| Trapped | trapped | AssertionError |
| Interrupted | interrupted | |
| TimedOut | timed out | TimeoutError |
| Deadlock | deadlock | |
| OutOfMemory | out of memory | MemoryError |
| InputOutput | io | OSError |
| Internal | internal | |

What Triton raises while it compiles (CompilationError and the like) comes through as it is.
"""


class TritonRunnerError(RuntimeError):
    """`status` is the C API's name of the fault. Where it is in a text, `file`, `line` and `column` (from 1, 0 =
    unknown) say where, and `excerpt` has that line and a caret."""

    status = "internal"

    def __init__(self, message="", *, status=None, file="", line=0, column=0, excerpt=""):
        super().__init__(message)
        if status is not None:
            self.status = status
        self.message = message
        self.file, self.line, self.column, self.excerpt = file or "", line, column, excerpt or ""

    def __str__(self):
        return str(self.message)

    def __reduce__(self):
        return _rebuild, (type(self), self.message, {"status": self.status, "file": self.file, "line": self.line,
                                                     "column": self.column, "excerpt": self.excerpt})


def _rebuild(kind, message, place):
    return kind(message, **place)


class InvalidArgument(TritonRunnerError, ValueError):
    """The call makes no sense: a wrong argument, keyword or grid."""
    status = "invalid argument"


class InvalidInput(TritonRunnerError, ValueError):
    """A file or a text is damaged."""
    status = "invalid input"


class NotFound(TritonRunnerError, FileNotFoundError):
    """A file, a kernel or a parameter of that name doesn't exist."""
    status = "not found"


class Mismatch(TritonRunnerError, ValueError):
    """Two things that must agree don't: metadata, artifact, arguments, device."""
    status = "mismatch"


class Unsupported(TritonRunnerError, NotImplementedError):
    """Understood, but nothing here can run it."""
    status = "unsupported"


class Unavailable(TritonRunnerError):
    """The device or the tool that it needs isn't on this machine."""
    status = "unavailable"


class OutOfBounds(TritonRunnerError, IndexError):
    """A kernel accessed memory outside its argument."""
    status = "out of bounds"


class Trapped(TritonRunnerError, AssertionError):
    """A kernel stopped itself: tl.device_assert, a division by zero."""
    status = "trapped"


class Interrupted(TritonRunnerError):
    """A launch was stopped."""
    status = "interrupted"


class TimedOut(TritonRunnerError, TimeoutError):
    """A time limit passed."""
    status = "timed out"


class Deadlock(TritonRunnerError):
    """No program of a launch can make progress."""
    status = "deadlock"


class OutOfMemory(TritonRunnerError, MemoryError):
    status = "out of memory"


class InputOutput(TritonRunnerError, OSError):
    """The operating system refused."""
    status = "io"


class Internal(TritonRunnerError):
    """A bug in Triton Runner."""


BY_STATUS = {kind.status: kind for kind in (
    InvalidArgument, InvalidInput, NotFound, Mismatch, Unsupported, Unavailable, OutOfBounds, Trapped, Interrupted,
    TimedOut, Deadlock, OutOfMemory, InputOutput, Internal)}
