"""The layers of src/: each includes only itself, the layers before it, and the public header.

docs/README.md has the picture. The tree's own includes are read; nothing is compiled.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = ["base", "num", "mlir", "ptx", "layout", "artifact", "tile", "warp", "cuda", "lower", "probe", "runner"]

# What a layer may not know although it comes earlier, neither directly nor through another header.
BLIND = {
    "ptx": {"mlir"},
    "tile": {"ptx"},
    "warp": {"mlir", "tile"},
    "cuda": {"mlir", "ptx", "tile", "warp"},
    "lower": {"tile", "warp", "cuda"},
}

PUBLIC = "triton_runner.h"
SOURCES = {".c", ".h", ".def", ".inc", ".cpp"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def own_includes(path):
    """Yields (line number, name) of each include of a file of this project."""
    text = path.read_text()
    for match in INCLUDE.finditer(text):
        quoted, name = match.groups()
        if quoted == '"' or name.split("/")[0] in LAYERS or name == PUBLIC:
            yield text.count("\n", 0, match.start()) + 1, name


def files(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in SOURCES) if folder.is_dir() else []


def reachable(src, name, seen):
    """The layers of `name` and of everything it includes."""
    if name in seen or not (src / name).is_file():
        return
    seen.add(name)
    for _, inner in own_includes(src / name):
        reachable(src, inner, seen)


def violations(root):
    """Every include that breaks the order, as "file:line: reason"."""
    src = root / "src"
    found = []
    for folder in sorted(p for p in src.iterdir() if p.is_dir()):
        if folder.name not in LAYERS:
            found.append(f"src/{folder.name}: not in the list of layers")
            continue
        allowed = LAYERS[: LAYERS.index(folder.name) + 1]
        for path in files(folder):
            for line, name in own_includes(path):
                place = f"{path.relative_to(root)}:{line}"
                target = name.split("/")[0]
                if name == PUBLIC:
                    continue
                if "/" not in name or target not in LAYERS:
                    found.append(f'{place}: "{name}" is not written as "layer/file"')
                elif target not in allowed:
                    found.append(f"{place}: {folder.name} comes before {target}")
                else:
                    seen = set()
                    reachable(src, name, seen)
                    hidden = {n.split("/")[0] for n in seen | {name}} & BLIND.get(folder.name, set())
                    if hidden:
                        found.append(f"{place}: {folder.name} must not know {', '.join(sorted(hidden))}")
    for user in ("cli", "python"):
        for path in files(root / user):
            for line, name in own_includes(path):
                if name != PUBLIC and not (path.parent / name).is_file() and not (root / user / name).is_file():
                    found.append(f'{path.relative_to(root)}:{line}: {user} uses only {PUBLIC}, not "{name}"')
    return found


def test_tree_keeps_the_order():
    assert violations(ROOT) == []


def test_build_has_the_same_layers():
    text = (ROOT / "src" / "meson.build").read_text()
    assert re.findall(r"'(\w+)'", re.search(r"foreach layer : \[(.*)\]", text).group(1)) == LAYERS


def test_public_header_includes_only_the_standard_library():
    assert list(own_includes(ROOT / "include" / PUBLIC)) == []


GOOD = {
    "src/base/str.h": "#include <string.h>\n",
    "src/num/dtype.h": '#include "base/str.h"\n#include "triton_runner.h"\n',
    "src/mlir/ir.h": '#include "base/str.h"\n#include "mlir/ops.def"\n',
    "src/mlir/ops.def": "",
    "src/ptx/ptx.h": '#include "base/str.h"\n',
    "src/artifact/artifact.h": '#include "mlir/ir.h"\n',
    "src/tile/exec.c": '#include "num/dtype.h"\n#include "mlir/ir.h"\n',
    "src/runner/runner.h": '#include "tile/tile.h"\n',
    "cli/main.c": '#include "triton_runner.h"\n#include "options.h"\n',
    "cli/options.h": "",
}


def make_tree(root, contents):
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_good_tree_passes(tmp_path):
    make_tree(tmp_path, GOOD)
    assert violations(tmp_path) == []


@pytest.mark.parametrize(
    "name, text, reason",
    [
        ("src/base/str.c", '#include "num/dtype.h"', "src/base/str.c:1: base comes before num"),
        ("src/mlir/parse.c", '\n  #  include "tile/tile.h"', "src/mlir/parse.c:2: mlir comes before tile"),
        ("src/num/a.c", "#include <mlir/ir.h>", "src/num/a.c:1: num comes before mlir"),
        ("src/tile/a.c", '#include "ptx/ptx.h"', "src/tile/a.c:1: tile must not know ptx"),
        ("src/tile/a.c", '#include "runner/runner.h"', "src/tile/a.c:1: tile comes before runner"),
        ("src/warp/a.c", '#include "artifact/artifact.h"', "src/warp/a.c:1: warp must not know mlir"),
        ("src/cuda/a.c", '#include "ptx/ptx.h"', "src/cuda/a.c:1: cuda must not know ptx"),
        ("src/base/a.c", '#include "str.h"', 'src/base/a.c:1: "str.h" is not written as "layer/file"'),
        ("src/base/a.c", '#include "../num/a.h"', 'src/base/a.c:1: "../num/a.h" is not written as "layer/file"'),
        ("src/utils/a.c", "", "src/utils: not in the list of layers"),
        ("cli/a.c", '#include "base/str.h"', 'cli/a.c:1: cli uses only triton_runner.h, not "base/str.h"'),
        ("python/a.c", '#include "tile/tile.h"', 'python/a.c:1: python uses only triton_runner.h, not "tile/tile.h"'),
    ],
)
def test_bad_edge_is_found(tmp_path, name, text, reason):
    make_tree(tmp_path, GOOD)
    make_tree(tmp_path, {name: text})
    assert violations(tmp_path) == [reason]
