"""Folders of Triton's cache: where they are, what one holds, publishing one whole.

A kernel has a folder of its own, named after a hash, with NAME.ttir, NAME.json and so on, and a group file
`__grp__NAME.json` that lists them: a folder without one isn't finished. Triton writes and reads them, this module too;
what it writes, Triton reads.
"""

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

GROUP = "__grp__"


def root():
    """Triton's cache: $TRITON_CACHE_DIR, else ~/.triton/cache (under $TRITON_HOME from 3.2 on)."""
    chosen = os.environ.get("TRITON_CACHE_DIR", "").strip()
    return Path(chosen) if chosen else Path(os.environ.get("TRITON_HOME", "").strip() or Path.home(), ".triton", "cache")


def digest(*parts):
    """A hash of bytes, texts and what JSON can hold, as hexadecimal digits."""
    state = hashlib.sha256()
    for part in parts:
        if not isinstance(part, (bytes, str)):
            part = json.dumps(part, sort_keys=True, default=str)
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(b"%d:" % len(data))
        state.update(data)
    return state.hexdigest()


def folder_of(key):
    """The folder for a hexadecimal key, named as Triton does since 3.2."""
    return root() / base64.b32encode(bytes.fromhex(key)).decode("ascii").rstrip("=")


def read(folder, metadata_name):
    """{file name: path} of a finished folder's group, None where it isn't finished."""
    try:
        group = json.loads((folder / (GROUP + metadata_name)).read_text())["child_paths"]
        # By name, not by the path that was written: a cache may have moved.
        files = {name: folder / name for name in group}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return files if all(path.is_file() for path in files.values()) else None


def publish(folder, metadata_name, files):
    """Puts {name: bytes or str} into `folder` as one group, whole or not at all. The first of several processes wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".tmp-", dir=folder.parent))
    try:
        for name, data in files.items():
            (aside / name).write_bytes(data.encode() if isinstance(data, str) else data)
        group = {"child_paths": {name: str(folder / name) for name in files}}
        (aside / (GROUP + metadata_name)).write_text(json.dumps(group))
        os.chmod(aside, 0o777 & ~_umask())
        _move(aside, folder, metadata_name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _move(aside, folder, metadata_name):
    for _ in range(2):
        with contextlib.suppress(OSError):
            os.rename(aside, folder)
            return
        if read(folder, metadata_name) is not None:
            return  # another process was first
        shutil.rmtree(folder, ignore_errors=True)  # one that never got finished
    os.rename(aside, folder)


def discard(folder):
    """Removes a damaged folder, if it can be."""
    shutil.rmtree(folder, ignore_errors=True)


def _umask():
    """The process's umask, without changing it."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1], 8) for line in status if line.startswith("Umask:"))
    except (OSError, StopIteration):
        return 0o022


def replace(path, text):
    """Writes a file so that nobody ever sees half of it."""
    descriptor, aside = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        os.chmod(aside, 0o666 & ~_umask())
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(aside)
        raise


@contextlib.contextmanager
def lock(key):
    """Only one process at a time is inside for a key. Where the cache can't be written there is no lock."""
    descriptor = None
    with contextlib.suppress(OSError):
        folder = root() / "runner_cache" / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        # Few files, however many kernels there are: keys share them.
        descriptor = os.open(folder / f"{key[:2]}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        _held.add(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor in _held:
            _held.remove(descriptor)
            # Closing isn't enough: a forked child may have the file open, too.
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


_held = set()


def _after_fork():
    """A child has its parent's locked files open, and would hold on to them when the parent is gone."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_after_fork)
