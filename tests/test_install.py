"""What `meson install` puts in place works without the tree it came from."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("TRITON_RUNNER_BUILD", ROOT / "build" / "gcc"))


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install")
    command = ["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", folder]
    subprocess.run(command, check=True, capture_output=True)
    (program,) = folder.rglob("bin/triton-runner")
    return program.parent.parent


def test_program_finds_its_library_and_the_examples(prefix):
    command = [prefix / "bin" / "triton-runner", "demo", "--kernel", "vector_add"]
    result = subprocess.run(command, cwd=prefix, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert " 0 wrong" in result.stdout


def test_c_program_builds_with_pkg_config(prefix, tmp_path):
    (pc,) = prefix.rglob("triton-runner.pc")
    source = tmp_path / "version.c"
    source.write_text('#include <stdio.h>\n#include <triton_runner.h>\nint main(void) { return puts(tr_version()) < 0; }\n')
    command = ["pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs", "triton-runner"]
    env = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent))
    flags = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    subprocess.run(["gcc", source, "-o", tmp_path / "version", *flags.stdout.split()], check=True)
    env = dict(os.environ, LD_LIBRARY_PATH=str(pc.parent.parent))
    result = subprocess.run([tmp_path / "version"], env=env, check=True, capture_output=True, text=True)
    version = subprocess.run([prefix / "bin" / "triton-runner", "--version"], capture_output=True, text=True).stdout
    assert result.stdout.strip() in version
