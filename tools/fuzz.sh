#!/usr/bin/env bash
# Runs one fuzz target for some seconds on all cores: fuzz.sh NAME SECONDS
#
# New inputs go to build/fuzz/corpus/NAME. An input that crashes is left as build/fuzz/crash-...; once the fault is
# mended it belongs in tests/fuzz/corpus/NAME, where every test run replays it.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly NAME=$1 SECONDS_TO_RUN=$2
tools/build.sh fuzz
mkdir -p "build/fuzz/corpus/$NAME"
options=(-max_total_time="$SECONDS_TO_RUN" -timeout=10 -rss_limit_mb=4096 -artifact_prefix=build/fuzz/)
if [[ -e tests/fuzz/$NAME.dict ]]; then options+=(-dict="tests/fuzz/$NAME.dict"); fi
ASAN_OPTIONS=allocator_may_return_null=1 exec "build/fuzz/tests/fuzz/fuzz_$NAME" "${options[@]}" \
  -fork="$(nproc)" "build/fuzz/corpus/$NAME" "tests/fuzz/corpus/$NAME"
