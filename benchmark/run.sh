#!/usr/bin/env bash
# Runs the benchmarks of this folder; needs a build (make build), and makes the rest.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly TRITON=3.6.0
readonly VENV=${TRITON_RUNNER_VENVS:-$HOME/.cache/triton-runner/venvs}/$TRITON
readonly BUILD=build/release
readonly INTERNAL=(-O2 -std=gnu17 -D_GNU_SOURCE -Iinclude -Isrc)

usage() {
  cat <<USAGE
usage: run.sh                      all of these, one after the other
       run.sh tile_vm [OPTION...]  launches, beside Triton's interpreter, NumPy and C (--help)
       run.sh parse [OPTION...]    reading TTIR, beside Triton's parser (--help)
       run.sh num [PATTERN]        the kernels of src/num whose name has PATTERN in it
       run.sh launch               launches on a GPU, beside cuLaunchKernelEx

Installs .venv, and outside the repository an environment with the Triton that
is compared with.
USAGE
}

# Triton's interpreter needs NumPy, and not any (3.6.0 fails with 2.4): the tests' version.
install_triton() {
  local numpy
  numpy=$(grep '^numpy==' tests/requirements.txt)
  tools/setup.sh python
  tools/triton_venvs.sh "$TRITON"
  "$VENV/bin/python" -c "import numpy; assert 'numpy==' + numpy.__version__ == '$numpy'" 2>/dev/null && return
  echo "benchmark: installing $numpy beside Triton $TRITON"
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check "$numpy"
}

# A program that reaches inside the library.
build_internal() {
  local libraries
  mapfile -t libraries < <(find "$BUILD/src" -name '*.a')
  gcc "${INTERNAL[@]}" "benchmark/$1.c" -o "$BUILD/benchmark/$1" \
    -Wl,--start-group "${libraries[@]}" -Wl,--end-group -ljansson -lxxhash -pthread -ldl -lm
}

run_tile_vm() {
  install_triton
  gcc -O3 -march=native -ffp-contract=off -shared -fPIC benchmark/loops.c -o "$BUILD/benchmark/loops.so"
  .venv/bin/python benchmark/tile_vm.py "$@"
}

run_parse() {
  install_triton
  build_internal parse
  .venv/bin/python benchmark/parse.py "$@"
}

run_num() {
  build_internal num
  "$BUILD/benchmark/num" "$@"
}

# Without a GPU there is nothing to measure: the program says so, with status 77.
run_launch() {
  build_internal launch
  "$BUILD/benchmark/launch" "$@" || (($? == 77))
}

main() {
  mkdir -p "$BUILD/benchmark"
  case ${1:-} in
    '')
      run_tile_vm
      run_parse
      run_num
      run_launch
      ;;
    tile_vm | parse | num | launch) "run_$1" "${@:2}" ;;
    -h | --help) usage ;;
    *)
      usage >&2
      return 2
      ;;
  esac
}

main "$@"
