"""Many small pieces of bytes in one file, compressed if its name ends in .xz: a line of JSON, [[name, key, size], ...], and
the pieces one after the other. `key` says what a piece was made from.
"""

import json
import lzma


def load(path):
    """{name: (key, bytes)}; empty if there is no such file."""
    if not path.exists():
        return {}
    raw = path.read_bytes()
    index, _, data = (lzma.decompress(raw) if path.suffix == ".xz" else raw).partition(b"\n")
    pieces, begin = {}, 0
    for name, key, size in json.loads(index):
        pieces[name] = key, data[begin:begin + size]
        begin += size
    return pieces


def save(path, pieces):
    """Writes {name: (key, bytes)}, whole or not at all."""
    index = [[name, key, len(data)] for name, (key, data) in pieces.items()]
    raw = json.dumps(index).encode() + b"\n" + b"".join(data for _, data in pieces.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME) if path.suffix == ".xz" else raw)
    partial.rename(path)
