"""Artifacts that a launch names: finding the file, reading it when it changed, what stands beside it."""

import os
import threading
import warnings
from pathlib import Path

from . import disk_cache
from .errors import InvalidArgument, InvalidInput, Mismatch, NotFound
from .result import metadata_dict

_LONGEST_PATH = 4096


class Artifact:
    """`data` bytes of one level, `name` for messages (the path), `metadata` a dict or None, `digest` of both."""

    def __init__(self, level, data, name, metadata, metadata_name):
        self.level, self.data, self.name = level, data, name
        self.metadata, self.metadata_name = metadata, metadata_name
        self.digest = disk_cache.digest(level, data, metadata)


class Reader:
    """Reads artifacts for the launches of one function. What was read is kept as long as its files don't change."""

    def __init__(self, kernel):
        self.kernel = kernel
        self._known = {}  # (keyword, value) -> (stamp of the files, Artifact)
        self._lock = threading.Lock()

    def read(self, given):
        """The artifact of a call's keywords (keywords.Given)."""
        path, beside = self._locate(given)
        if path is None:
            return self._from_text(given)
        known = (given.keyword, str(path))
        stamp = (_stamp(path), _stamp(beside))
        if given.metadata is None and (entry := self._known.get(known)) and entry[0] == stamp:
            return entry[1]
        artifact = self._from_files(given, path, beside)
        with self._lock:
            if given.metadata is None:
                self._known[known] = (stamp, artifact)
        return artifact

    def _locate(self, given):
        """(path of the artifact, path of its metadata), or (None, None) for a text."""
        value = given.value
        if given.form == "src":
            if isinstance(value, (bytes, bytearray, memoryview)) or (isinstance(value, str) and not _names_file(value)):
                return None, None
            path = Path(_path_of(given.keyword, value))
            if not path.is_file():
                raise NotFound(f"{given.keyword}={str(path)!r}: no such file")
        else:
            path = self._in_folder(given, Path(_path_of(given.keyword, value)))
        return path, path.with_suffix(".json")

    def _in_folder(self, given, folder):
        """The kernel's file in a folder, or in one of its folders as in Triton's cache."""
        name = f"{self.kernel}.{given.level}"
        if (folder / name).is_file():
            return folder / name
        if folder.is_file():
            return folder
        if not folder.is_dir():
            raise NotFound(f"{given.keyword}={str(folder)!r}: no such directory")
        found = sorted(folder.glob(f"*/{name}"))
        if len(found) == 1:
            return found[0]
        if found:
            raise InvalidArgument(f"{given.keyword}={str(folder)!r} has {len(found)} files {name}, "
                                  f"in {', '.join(path.parent.name for path in found[:4])}: name one of these folders")
        there = sorted({path.name for path in folder.iterdir() if path.suffix[1:] == given.level})
        having = f"it has {', '.join(there[:6])}" if there else f"it has no .{given.level} file"
        raise NotFound(f"{given.keyword}={str(folder)!r} has no {name}; {having}")

    def _from_files(self, given, path, beside):
        try:
            data = path.read_bytes()
            raw = beside.read_bytes() if given.metadata is None and beside.is_file() else None
        except OSError as error:
            raise NotFound(f"{given.keyword}: {error}") from error
        if given.metadata is not None:
            metadata, name = _given_metadata(given), "metadata_json"
        else:
            metadata, name = _parse_metadata(raw, beside), str(beside)
        self._warn(metadata, name)
        return Artifact(given.level, data, str(path), metadata, name if metadata else None)

    def _from_text(self, given):
        data = given.value.encode() if isinstance(given.value, str) else bytes(given.value)
        if not data.strip():
            raise InvalidInput(f"{given.keyword} is empty")
        metadata = _given_metadata(given) if given.metadata is not None else None
        self._warn(metadata, "metadata_json")
        return Artifact(given.level, data, f"{self.kernel}.{given.level} ({given.keyword})", metadata,
                        "metadata_json" if metadata else None)

    def _warn(self, metadata, name):
        """What the metadata says that needn't be a fault."""
        other = (metadata or {}).get("name")
        if other and other != self.kernel:
            warnings.warn(f"This kernel name {self.kernel} is different with metadata {other} ({name})", stacklevel=6)


def _path_of(keyword, value):
    try:
        path = os.fspath(value)
    except TypeError:
        raise InvalidArgument(f"{keyword} takes a path, not {type(value).__name__}") from None
    return os.fsdecode(path)


def _names_file(text):
    """A *_src is a path where such a file exists, else a text."""
    return len(text) < _LONGEST_PATH and "\n" not in text and "\0" not in text and (
        os.path.exists(text) or text.endswith((".ttir", ".ttgir", ".llir", ".ptx", ".cubin")))


def _stamp(path):
    """Changes when another content stands in the file."""
    try:
        info = os.stat(path)
        return info.st_mtime_ns, info.st_size, info.st_ino, info.st_ctime_ns
    except OSError:
        return None


def _given_metadata(given):
    try:
        return metadata_dict(given.metadata)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"metadata_json: {error}") from None


def _parse_metadata(raw, path):
    if raw is None:
        return None
    try:
        metadata = metadata_dict(raw.decode())
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{path} isn't metadata: {error}", file=str(path)) from None
    return metadata


def choose_leaves(kernel, bound, declared, artifact):
    """Which leaves of the call (_core.Bound) are the parameters of an artifact's kernel, in its order.

    `declared` names the function's constexpr parameters. A value that Triton makes a constant (1, None) is a parameter
    of some artifacts and not of others: names decide where the artifact has them, else numbers. Any other value that
    the kernel has no parameter for is a mismatch: the artifact was made for a fixed one.
    """
    leaves = [(number, bound.names[parameter], kind) for number, (parameter, kind, _) in enumerate(bound.leaves)
              if bound.names[parameter] not in declared]
    runtime = [leaf for leaf in leaves if leaf[2] != "constexpr"]
    wanted = [param.name for param in kernel.params]
    most = len(wanted)
    least = most - kernel.optional_params
    by_name = _by_name(leaves, wanted)
    candidates = [runtime, leaves]
    if by_name and set(runtime) <= set(by_name):
        candidates.insert(0, by_name)
    for candidate in candidates:
        if least <= sum(_width(kind) for _, _, kind in candidate) <= most:
            return [number for number, _, _ in candidate]
    parameters = ", ".join(f"{param.name}: {param.type}" for param in kernel.params)
    given = ", ".join(f"{name}: {kind}" for _, name, kind in leaves)
    raise Mismatch(f"kernel '{kernel.name}' in {artifact.name} takes {most} arguments ({parameters}); "
                   f"this call has {len(runtime)} ({given})")


def _by_name(leaves, wanted):
    """The leaves that the names of a kernel's parameters stand for, or None. A tuple's are NAME.0 and so on; texts of
    old versions of Triton have arg0 and so on, which are no names."""
    if not wanted or wanted == [f"arg{number}" for number in range(len(wanted))]:
        return None
    bases = {name.partition(".")[0] for name in wanted}
    chosen = [leaf for leaf in leaves if leaf[1] in bases]
    names = [leaf[1] for leaf in chosen]
    if bases - set(names):
        return None
    return sorted(chosen, key=lambda leaf: wanted.index(leaf[1])) if sorted(names) == sorted(wanted) else chosen


def _width(kind):
    """How many parameters a leaf stands for: a descriptor has its sizes and strides behind it."""
    if not kind.startswith("tensordesc"):
        return 1
    shape = kind[kind.index("[") + 1:kind.index("]")]
    return 1 + 2 * (shape.count(",") + 1)

