"""Lowers kernels with every Triton version for every target and compares with what Triton itself makes of them.

For each version and target, examples/compile_variant.py makes all stages of some example kernels. Then triton-runner
compile goes down from the TTIR, and from the TTGIR, and PTX and cubin must be the same bytes. Where Triton itself
fails, the TTIR is that of the version's sm_90, and what triton-runner says is shown. Prints a Markdown table and
notes; docs/lower.md has the last ones.

Needs the environments of tools/triton_venvs.sh and a built triton-runner; takes a quarter of an hour.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENVS = Path(os.environ.get("TRITON_RUNNER_VENVS") or Path.home() / ".cache" / "triton-runner" / "venvs")
VERSIONS = ["3.0.0", "3.1.0", "3.2.0", "3.3.1", "3.4.0", "3.5.1", "3.6.0", "3.7.1", "3.8.0", "3.9.0"]
TARGETS = [75, 80, 86, 90, 120]
KERNELS = {"vector_add": "vector_add_f32", "softmax": "softmax_f32", "matmul": "matmul_f16"}


def run(command, cache, timeout=300):
    """Runs away from the sources: ptxas would note the age of a file that it finds."""
    env = {**os.environ, "TRITON_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(list(map(str, command)), cwd=cache, env=env, capture_output=True, text=True, timeout=timeout)


def make_reference(version, name, variant, arch, folder):
    """{level: path} of what Triton itself makes; without "cubin" where it failed."""
    cache = folder / f"{version}-{arch}-{variant}"
    cache.mkdir()
    python = VENVS / version / "bin" / "python"
    run([python, ROOT / "examples" / "compile_variant.py", name, variant, arch], cache)
    return {path.suffix[1:]: path for path in cache.rglob("*") if path.suffix[1:] in
            ("ttir", "ttgir", "llir", "ptx", "cubin") and "__grp__" not in path.name}


def lower(cli, version, source, arch, folder):
    """(stages that it made, error message)"""
    out = Path(tempfile.mkdtemp(dir=folder))
    result = run([cli, "compile", source, "--to", "cubin", "--target", f"sm_{arch}", "--keep", out, "--no-cache",
                  "--json", "--python", VENVS / version / "bin" / "python"], folder)
    stages = {path.suffix[1:]: path for path in out.iterdir()}
    if result.returncode == 0:
        return stages, None
    return stages, json.loads(result.stdout)["error"]["message"]


def compare(ours, theirs):
    """Levels that differ: only what can be told from outside counts."""
    return [level for level in ("ptx", "cubin")
            if level not in ours or ours[level].read_bytes() != theirs[level].read_bytes()]


def check(cli, version, arch, name, variant, folder, notes):
    """One kernel: "same", "fails as Triton does", or what is wrong."""
    theirs = make_reference(version, name, variant, arch, folder)
    where = f"{version}, sm_{arch}, {variant}"
    if "cubin" not in theirs:
        at_home = make_reference(version, name, variant, 90, folder / "sm90")
        _, error = lower(cli, version, at_home["ttir"], arch, folder)
        notes.append(f"{where}: {error or 'triton-runner succeeds where Triton fails'}")
        return "error" if error else "succeeds"
    words = []
    for level in ("ttir", "ttgir"):
        ours, error = lower(cli, version, theirs[level], arch, folder)
        if error:
            notes.append(f"{where}, from {level}: {error}")
            return "ERROR"
        words += [f"{level}: {other} differs" for other in compare(ours, theirs)]
    if words:
        notes.append(f"{where}: {', '.join(words)}")
    return "DIFFERS" if words else "same"


def summary(results):
    """A cell: one word where all kernels agree."""
    words = sorted(set(results.values()))
    if len(words) == 1:
        return words[0]
    return ", ".join(f"{name} {word}" for name, word in results.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", default=ROOT / "build" / "release" / "cli" / "triton-runner", type=Path)
    parser.add_argument("--version", action="append", choices=VERSIONS, help="only this one (may be repeated)")
    parser.add_argument("--target", action="append", type=int, help="only this one, 90 (may be repeated)")
    arguments = parser.parse_args()
    targets, notes = arguments.target or TARGETS, []
    print("| Triton |" + "".join(f" sm_{arch} |" for arch in targets) + "\n|---|" + "---|" * len(targets), flush=True)
    bad = False
    for version in arguments.version or VERSIONS:
        cells = []
        for arch in targets:
            results = {}
            for name, variant in KERNELS.items():
                with tempfile.TemporaryDirectory(prefix="lower-matrix-") as folder:
                    (Path(folder) / "sm90").mkdir()
                    results[name] = check(arguments.cli.resolve(), version, arch, name, variant, Path(folder), notes)
            bad |= any(word.isupper() for word in results.values())
            cells.append(summary(results))
            print(f"{version} sm_{arch}: {cells[-1]}", file=sys.stderr, flush=True)
        print(f"| {version} |" + "".join(f" {cell} |" for cell in cells), flush=True)
    print("\n" + "\n".join(f"- {note}" for note in notes))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
