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
set -euo pipefail
cd "$(dirname "$0")/.."

readonly CHECKED=(-Dbuildtype=debugoptimized -Db_lundef=false -Dwerror=true)
case ${1:-} in
  release) compiler=gcc options=() ;;
  gcc) compiler=gcc options=(-Dwerror=true) ;;
  clang) compiler=clang options=(-Dwerror=true) ;;
  asan) compiler=clang options=("${CHECKED[@]}" -Db_sanitize=address,undefined) ;;
  tsan) compiler=clang options=("${CHECKED[@]}" -Db_sanitize=thread) ;;
  fuzz) compiler=clang options=("${CHECKED[@]}" -Db_sanitize=address,undefined -Dfuzz=true) ;;
  *)
    sed -n 's/^# \{0,1\}//p' "$0" | sed 1d >&2
    exit 2
    ;;
esac

dir=build/$1
if [[ -e $dir/build.ninja ]]; then
  # Test programs are found by looking into a folder, which ninja alone doesn't do again.
  meson setup --reconfigure "$dir" >"$dir/setup.log"
else
  mkdir -p "$dir"
  CC=$compiler meson setup "$dir" "${options[@]}" >"$dir/setup.log" || { cat "$dir/setup.log" >&2; exit 1; }
fi
ninja -C "$dir" --quiet
