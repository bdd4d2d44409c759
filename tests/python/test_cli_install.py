"""What `meson install` puts down: everything is there, the man page is in step, and programs can be built with it."""

import os
import re
import shutil
import subprocess

import pytest

from cli_helpers import BUILD, ROOT, run_ok

PROGRAM = ROOT / "examples" / "c" / "run_artifact.c"
ARTIFACT = "share/triton-runner/examples/artifacts/3.9.0/sm90/vector_add_f32"
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Werror"]

pytestmark = pytest.mark.skipif(not shutil.which("meson") or not shutil.which("pkg-config"),
                                reason="meson or pkg-config is not here")


def is_sanitized():
    return "fsanitize" in (BUILD / "compile_commands.json").read_text()


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    command = ["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", folder]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    [program] = folder.rglob("bin/triton-runner")
    return program.parent.parent


def pkg_config(prefix, *words):
    [pc] = prefix.rglob("triton-runner.pc")
    command = ["pkg-config", f"--define-variable=prefix={prefix}", *words, "triton-runner"]
    env = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.split()


def library_folder(prefix):
    [library] = prefix.rglob("libtriton_runner.so")
    return library.parent


def test_everything_is_there(prefix):
    there = {path.relative_to(prefix) for path in prefix.rglob("*") if path.is_file()}
    names = {str(path) for path in there}
    assert {"bin/triton-runner", "include/triton_runner.h", "share/man/man1/triton-runner.1",
            "share/triton-runner/examples/launches.json", "share/triton-runner/examples/c/run_artifact.c",
            f"{ARTIFACT}/vector_add_kernel.ttir"} <= names
    libraries = {path.name for path in there if path.name.startswith("libtriton_runner")}
    version = run_ok("--version").split()[1]
    assert libraries == {"libtriton_runner.so", "libtriton_runner.so.0", f"libtriton_runner.so.{version}"}
    assert pkg_config(prefix, "--modversion") == [version]
    assert not [name for name in names if "__pycache__" in name]


def test_the_man_page_is_in_step(prefix):
    page = (prefix / "share" / "man" / "man1" / "triton-runner.1").read_text()
    assert page == run_ok("help", "--man")
    overview = run_ok("help")
    commands = re.findall(r"^  (\w+) ", overview, re.MULTILINE)
    assert commands == re.findall(r"^\.SS triton\\-runner (\w+)", page, re.MULTILINE)
    for command in commands:
        for option in re.findall(r"^  --([\w-]+)", run_ok("help", command), re.MULTILINE):
            assert f"\n.B \\-\\-{option.replace('-', chr(92) + '-')}" in page


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not here")
def test_the_man_page_is_sound():
    page = run_ok("help", "--man")
    command = ["groff", "-man", "-ww", "-Tutf8", "-rLL=110n", "-P-c"]
    result = subprocess.run(command, input=page, capture_output=True, text=True)
    assert result.returncode == 0 and result.stderr == ""
    shown = re.sub(r".\x08", "", result.stdout)
    assert "triton-runner run FILE|FOLDER [options]" in shown and "--grid X[,Y[,Z]]" in shown
    assert "@x.npy                 the array in a NumPy file" in shown
    assert re.search(r"124\s+the time limit of --timeout passed", shown)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_example_program_runs(prefix, tmp_path, compiler):
    if not shutil.which(compiler) or is_sanitized():
        pytest.skip("no such compiler, or a library with sanitizers")
    assert len(PROGRAM.read_text().splitlines()) <= 55
    flags = pkg_config(prefix, "--cflags", "--libs")
    rpath = f"-Wl,-rpath,{library_folder(prefix)}"
    subprocess.run([compiler, "-std=c11", *WARNINGS, PROGRAM, "-o", tmp_path / "program", *flags, rpath], check=True)
    run = lambda *words: subprocess.run([tmp_path / "program", *words], capture_output=True, text=True)  # noqa: E731
    result = run(prefix / ARTIFACT)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "vector_add_kernel (ttir) on cpu: out[4095] = 4095.5\n"
    result = run(prefix / ARTIFACT, "cuda")
    if result.returncode == 0:
        assert result.stdout == "vector_add_kernel (cubin) on cuda: out[4095] = 4095.5\n"
    else:
        assert "device 'cuda' is not there: " in result.stderr
    result = run(tmp_path / "none.ttir")
    assert result.returncode == 1 and "none.ttir" in result.stderr


@pytest.mark.parametrize("language, standard", [("c", "c11"), ("c", "c17"), ("c++", "c++11"), ("c++", "c++20")])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_header_compiles(prefix, tmp_path, compiler, language, standard):
    if not shutil.which(compiler):
        pytest.skip("no such compiler")
    source = tmp_path / "source"
    source.write_text("#include <triton_runner.h>\nint main(void) { return tr_version() == 0; }\n")
    command = [compiler, "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
               source, *pkg_config(prefix, "--cflags")]
    subprocess.run(command, check=True)


def test_the_installed_program_runs(prefix):
    command = [prefix / "bin" / "triton-runner", "demo", "--kernel", "vector", "--device", "cpu"]
    env = {name: value for name, value in os.environ.items() if name != "TRITON_RUNNER_EXAMPLES"}
    result = subprocess.run(command, cwd=prefix, env=env, capture_output=True, text=True)
    assert result.returncode == 0 and "3 ok, 0 wrong, 0 unsupported" in result.stdout, result.stderr
