#!/usr/bin/env bash
# Configures build/NAME, if that isn't done yet, and compiles.
#
# usage: build.sh NAME
#   release  gcc, as it is installed
#   gcc      gcc, warnings are errors
#   clang    clang, warnings are errors
#   asan     clang with the address and undefined-behaviour sanitizers, assertions on
#   tsan     clang with the thread sanitizer, assertions on
#   fuzz     clang with libFuzzer and the sanitizers of asan
#   python   gcc, the extension of the Python package too, for the Python in $PYTHON (else .venv's, else python3); puts a
#            link to it into python/triton_runner, so that PYTHONPATH=python is all that a program needs
#   python-asan  the same with the address and undefined-behaviour sanitizers; the package with that extension is
#            build/python-asan-VERSION/package
set -euo pipefail
cd "$(dirname "$0")/.."

readonly CHECKED=(-Dbuildtype=debugoptimized -Db_lundef=false -Dwerror=true)
python=${PYTHON:-$PWD/.venv/bin/python}
[[ -x $python ]] || python=$(command -v "${PYTHON:-python3}")
case ${1:-} in
  release) compiler=gcc options=() ;;
  gcc) compiler=gcc options=(-Dwerror=true) ;;
  clang) compiler=clang options=(-Dwerror=true) ;;
  asan) compiler=clang options=("${CHECKED[@]}" -Db_sanitize=address,undefined) ;;
  tsan) compiler=clang options=("${CHECKED[@]}" -Db_sanitize=thread) ;;
  fuzz) compiler=clang options=("${CHECKED[@]}" -Db_sanitize=address,undefined -Dfuzz=true) ;;
  python) compiler=gcc options=(-Dpython=enabled -Dtests=disabled) ;;
  python-asan)
    # The sanitizers' own code makes gcc warn of what isn't there, so that warnings are no errors here.
    compiler=gcc
    options=("${CHECKED[@]}" -Dwerror=false -Db_sanitize=address,undefined -Dpython=enabled -Dtests=disabled)
    ;;
  *)
    sed -n 's/^# \{0,1\}//p' "$0" | sed 1d >&2
    exit 2
    ;;
esac

dir=build/$1
if [[ $1 == python* ]]; then
  # One folder a version: python-3.11, python-asan-3.11.
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  dir=build/$1-$version
  options+=(-Dpython_program="$python")
fi
if [[ -e $dir/build.ninja ]]; then
  # Test programs are found by looking into a folder, which ninja alone doesn't do again.
  meson setup --reconfigure "$dir" >"$dir/setup.log"
else
  mkdir -p "$dir"
  CC=$compiler meson setup "$dir" "${options[@]}" >"$dir/setup.log" || { cat "$dir/setup.log" >&2; exit 1; }
fi
ninja -C "$dir" --quiet
if [[ $1 == python ]]; then ln -sf "$PWD/$dir"/python/_core.*.so python/triton_runner/; fi
if [[ $1 == python-asan ]]; then
  mkdir -p "$dir/package/triton_runner"
  for file in python/triton_runner/*; do
    [[ $file == *.so ]] || ln -sfn "$PWD/$file" "$dir/package/triton_runner/"
  done
  ln -sf "$PWD/$dir"/python/_core.*.so "$dir/package/triton_runner/"
fi
