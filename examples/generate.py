#!/usr/bin/env python3
"""Compiles the example kernels with several Triton versions, for several GPUs, on a machine without one.

Writes OUT/VERSION/smARCH/VARIANT/KERNEL.{ttir,ttgir,llir,ptx,cubin,json}, with the
names and contents of Triton's cache except that no path of this machine is in
them, and OUT/failures.md if there are failures. A variant that doesn't compile
leaves the stages it reached. Two runs give the same bytes.

tools/triton_venvs.sh makes the environments that this needs.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent
HOME_CACHE = Path.home() / ".cache/triton-runner"
VENVS = Path(os.environ.get("TRITON_RUNNER_VENVS") or HOME_CACHE / "venvs")
VERSIONS = ["3.0.0", "3.1.0", "3.2.0", "3.3.1", "3.4.0", "3.5.1", "3.6.0", "3.7.1", "3.8.0", "3.9.0"]
ARCHS = [75, 80, 86, 90, 120]
STAGES = ["ttir", "ttgir", "llir", "ptx", "cubin", "json"]
TIMEOUT_S = 600
LAUNCH_KEYS = ("min_triton", "min_arch", "reference", "rtol", "atol")


@dataclass(frozen=True)
class Job:
    """One variant of one kernel, for one Triton version and one GPU architecture."""
    version: str
    arch: int
    file: str
    name: str
    variant: dict

    def directory(self, out):
        return out / self.version / f"sm{self.arch}" / self.name


@dataclass(frozen=True)
class Failure:
    """A job that didn't reach the cubin: the last stage that it did reach, and why it ended there."""
    job: Job
    reached: str
    reason: str


def venv_python(version):
    python = VENVS / version / "bin/python"
    if not python.exists():
        sys.exit(f"{python} is missing: run tools/triton_venvs.sh {version}")
    return python


def run_worker(version, arguments, cache, **options):
    """Runs compile_variant.py in the environment of a Triton version, without inherited Triton settings.

    The process works in its cache directory: ptxas records size and time of a
    source file that it finds, and the neutral paths must not lead to one.
    """
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith(("TRITON_", "MLIR_", "LLVM_"))}
    environment.update(TRITON_CACHE_DIR=str(cache), TMPDIR=str(cache), PYTHONDONTWRITEBYTECODE="1",
                       PYTHONWARNINGS="ignore")
    command = [venv_python(version), EXAMPLES / "compile_variant.py", *arguments]
    return subprocess.run(command, env=environment, cwd=cache, capture_output=True, text=True, errors="replace",
                          timeout=TIMEOUT_S, **options)


def read_variants(version):
    """The VARIANTS tables of every kernel file, as {file: {variant: description}}."""
    with tempfile.TemporaryDirectory() as cache:
        return json.loads(run_worker(version, ["--list"], cache, check=True).stdout)


def version_key(version):
    return tuple(int(part) for part in version.split("."))


def is_allowed(job):
    """Whether the variant claims to work with the job's Triton version and architecture."""
    return (version_key(job.version) >= version_key(job.variant.get("min_triton", "0"))
            and job.arch >= job.variant.get("min_arch", 0))


def select_jobs(tables, versions, archs, kernels):
    """Every job asked for, less those that the variants exclude themselves."""
    jobs = [Job(version, arch, file, name, variant)
            for version, arch, (file, variants) in product(versions, archs, tables.items())
            for name, variant in variants.items()
            if not kernels or kernels & {file, name, variant["kernel"]}]
    return [job for job in jobs if is_allowed(job)]


def neutral_metadata(text):
    """Triton's JSON with the paths of its libraries made relative to its package."""
    metadata = json.loads(text)
    metadata["extern_libs"] = [[name, "triton/" + path.rpartition("/triton/")[2]]
                               for name, path in metadata["extern_libs"]]
    return json.dumps(metadata)


def collect(cache, out, stages):
    """Copies the stages in a Triton cache directory to OUT, which then holds nothing else."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for path in Path(cache).glob("*/*"):
        stage = path.suffix[1:]
        if stage not in stages or path.name.startswith("__grp__"):
            continue
        data = path.read_bytes()
        if stage == "json":
            data = neutral_metadata(data).encode()
        for place in (EXAMPLES.parent, VENVS, cache):
            if str(place).encode() in data:
                raise RuntimeError(f"{path.name} contains the path {place}")
        (out / path.name).write_bytes(data)


def last_stage(cache):
    """The last stage that the compiler wrote to its cache."""
    written = {path.suffix[1:] for path in Path(cache).glob("*/*")}
    return next((stage for stage in reversed(STAGES) if stage in written), "nothing")


def neutral_text(text):
    """An error message without paths and addresses of this machine."""
    text = re.sub(r"/[^\s'\":]*/(triton|kernels|lib)/", r"\1/", text)
    text = re.sub(r"/tmp/[\w./-]+", "FILE", text)
    return re.sub(r"0x[0-9a-f]{6,}", "ADDRESS", text)


def failure_reason(stderr, returncode):
    """The line of a failed compilation's output that says most about it."""
    lines = [line.strip() for line in neutral_text(stderr).splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"^ptxas (fatal|error|FILE)|LLVM ERROR|Assertion `|: error:", line)]
    reason = (telling or lines[-1:] or ["no message"])[0]
    if assertion := re.search(r"([\w.]+:\d+): .*(Assertion `.*' failed)", reason):
        reason = f"{assertion[2]} ({assertion[1]})"
    return f"process aborts: {reason}" if returncode < 0 else reason


def compile_job(job, out, stages):
    """Compiles one variant in a process of its own. Returns a Failure, or None."""
    with tempfile.TemporaryDirectory(prefix="triton-runner-") as cache:
        try:
            worker = run_worker(job.version, [job.file, job.name, str(job.arch)], cache)
            reason = failure_reason(worker.stderr, worker.returncode) if worker.returncode else None
        except subprocess.TimeoutExpired:
            reason = f"no end after {TIMEOUT_S} s"
        collect(cache, job.directory(out), stages)
        return Failure(job, last_stage(cache), reason) if reason else None


def compile_all(jobs, out, stages, workers):
    """Compiles every job, WORKERS at a time, with progress on stderr. Returns the failures in job order."""
    failures = []
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda job: compile_job(job, out, stages), jobs)
        for done, (job, failure) in enumerate(zip(jobs, results), 1):
            print(f"[{done}/{len(jobs)}] {job.version} sm{job.arch} {job.name}: "
                  f"{failure.reason if failure else 'ok'}", file=sys.stderr)
            if failure:
                failures.append(failure)
    return failures


def markdown_table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def restriction_lines(tables):
    """What the variants exclude themselves, one a line."""
    for name, variant in (item for variants in tables.values() for item in variants.items()):
        if "min_triton" in variant:
            yield f"- `{name}` needs Triton {variant['min_triton']} or newer.\n"
        if "min_arch" in variant:
            yield f"- `{name}` needs sm_{variant['min_arch']} or newer.\n"


def failure_rows(failures):
    """The failures as table rows; those of one version, target and reason share a row."""
    groups = {}
    for failure in failures:
        key = (failure.job.version, failure.job.arch, failure.reached, failure.reason)
        groups.setdefault(key, []).append(failure.job.name)
    for (version, arch, reached, reason), names in groups.items():
        yield version, f"sm_{arch}", ", ".join(names), reached, reason


def failure_report(tables, jobs, failures):
    """What can't be compiled, and why, as a page."""
    versions = ", ".join(dict.fromkeys(job.version for job in jobs))
    targets = ", ".join(dict.fromkeys(f"sm_{job.arch}" for job in jobs))
    table = markdown_table(["Triton", "target", "variants", "last stage", "error"], failure_rows(failures))
    return (f"# Example kernels that don't compile\n\n"
            f"Written by examples/generate.py from a run with Triton {versions} for {targets}: "
            f"{len(jobs)} compilations, of which {len(failures)} failed.\n\n"
            f"{table}\n"
            f"Not tried, because the kernel excludes it:\n\n{''.join(restriction_lines(tables))}")


def write_launches(tables, path):
    """Writes how each variant is launched, one parameter a line."""
    entries = []
    for file, variants in tables.items():
        for name, variant in variants.items():
            fields = {"variant": name, "file": f"examples/kernels/{file}.py", "kernel": variant["kernel"],
                      "grid": variant["grid"]}
            fields.update({key: variant[key] for key in LAUNCH_KEYS if key in variant})
            head = json.dumps(fields)[1:-1]
            params = ",\n".join(f"    {json.dumps(param)}" for param in variant["params"])
            entries.append(f'  {{{head}, "params": [\n{params}\n  ]}}')
    path.write_text("[\n" + ",\n".join(entries) + "\n]\n")


def comma_list(convert):
    return lambda text: [convert(part) for part in text.split(",")]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", type=comma_list(str), default=VERSIONS, metavar="3.0.0,…",
                        help="Triton versions (default: all)")
    parser.add_argument("--arch", type=comma_list(int), default=ARCHS, metavar="90,…",
                        help=f"compute capabilities (default: {','.join(map(str, ARCHS))})")
    parser.add_argument("--kernel", type=comma_list(str), default=[], metavar="NAME,…",
                        help="only these: file, kernel or variant names")
    parser.add_argument("--stages", type=comma_list(str), default=STAGES, metavar="ttir,…",
                        help=f"the stages to write (default: {','.join(STAGES)})")
    parser.add_argument("--source", action="store_true", help="write .source as well (3.4 and newer have it)")
    parser.add_argument("--out", type=Path, default=HOME_CACHE / "artifacts", help="default: %(default)s")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time (default: %(default)s)")
    parser.add_argument("--report", type=Path, action="append", default=[], metavar="FILE",
                        help="write what failures.md says there too")
    parser.add_argument("--launches", action="store_true", help="only write examples/launches.json")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    tables = read_variants(arguments.versions[-1])
    if arguments.launches:
        write_launches(tables, EXAMPLES / "launches.json")
        return
    jobs = select_jobs(tables, arguments.versions, arguments.arch, set(arguments.kernel))
    stages = arguments.stages + ["source"] * arguments.source
    failures = compile_all(jobs, arguments.out, stages, arguments.jobs)
    report = failure_report(tables, jobs, failures)
    print(report, end="")
    (arguments.out / "failures.md").unlink(missing_ok=True)
    for path in [arguments.out / "failures.md"] * bool(failures) + arguments.report:
        path.write_text(report)


if __name__ == "__main__":
    main()
