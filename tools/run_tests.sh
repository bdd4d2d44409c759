#!/usr/bin/env bash
# Builds and runs every test. The last line is "N passed, N failed, N skipped", summed over all suites.
set -uo pipefail
cd "$(dirname "$0")/.."

# Where each stage leaves its results. A stage that doesn't get that far counts as a failure.
readonly RESULTS=build/results
rm -rf "$RESULTS"
mkdir -p "$RESULTS"
broken=0

stage() {
  local title=$1 begin=$SECONDS
  shift
  echo "== $title"
  if "$@"; then
    echo "== $title: done in $((SECONDS - begin)) s"
  else
    echo "== $title: FAILED after $((SECONDS - begin)) s"
    return 1
  fi
}

# meson_tests NAME [OPTION...]: builds build/NAME and runs its C tests.
meson_tests() {
  local name=$1 status
  shift
  tools/build.sh "$name" || return 1
  meson test -C "build/$name" --no-rebuild --print-errorlogs "$@"
  status=$?
  cp "build/$name/meson-logs/testlog.json" "$RESULTS/$name.json"
  return $status
}

# Real Tritons, outside the tree. Triton's interpreter (of 3.6.0) needs NumPy, and not any: the tests' version.
install_tritons() {
  local venvs=${TRITON_RUNNER_VENVS:-$HOME/.cache/triton-runner/venvs} numpy
  numpy=$(grep '^numpy==' tests/requirements.txt)
  tools/triton_venvs.sh 3.0.0 3.4.0 3.6.0 3.9.0 &&
    "$venvs/3.6.0/bin/python" -m pip install --quiet --disable-pip-version-check "$numpy"
}

python_tests() {
  tools/setup.sh python || return 1
  tools/build.sh python || return 1
  # Tests with a Triton that can't be had are skipped.
  install_tritons || echo "tests: going on without every Triton"
  TRITON_RUNNER_BUILD=$PWD/build/gcc PYTHONPATH=$PWD/python \
    .venv/bin/python -m pytest tests -q -p no:cacheprovider --junitxml="$RESULTS/pytest.xml"
}

# The extension with the sanitizers, in a Python without them. What Python itself never frees is no leak;
# PYTHONMALLOC=malloc lets the sanitizer see Python's own objects.
extension_asan() {
  local folder
  tools/build.sh python-asan || return 1
  folder=$(echo "$PWD"/build/python-asan-*/package)
  LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" PYTHONMALLOC=malloc \
    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    TRITON_RUNNER_BUILD=$PWD/build/gcc PYTHONPATH=$folder \
    .venv/bin/python -m pytest tests/extension -q -p no:cacheprovider --junitxml="$RESULTS/extension-asan.xml"
}

# run NAME COMMAND...: a stage that leaves $RESULTS/NAME.json or .xml.
run() {
  local name=$1
  shift
  stage "$name" "$@" && return
  # A failed test is in the results; a build that broke isn't.
  compgen -G "$RESULTS/$name.*" >/dev/null || broken=$((broken + 1))
}

run gcc meson_tests gcc
run clang meson_tests clang
run asan meson_tests asan
run tsan meson_tests tsan --suite threads
run pytest python_tests
run extension-asan extension_asan

python3 tools/count_tests.py --broken "$broken" "$RESULTS"/*
