#!/usr/bin/env bash
# Builds, tests and measures on a machine with a GPU, in one call and without network.
#
# tools/pack_deps.sh packs what that machine lacks into build/pack, which git ignores: it must travel with the tree.
set -uo pipefail
cd "$(dirname "$0")/.."

readonly PACK=${GPU_CHECK_PACK:-$PWD/build/pack}
readonly BUILD=$PWD/build/device
readonly RESULTS=${OUT:-$BUILD/results}
readonly CLI=$BUILD/cli/triton-runner

usage() {
  cat <<USAGE
usage: gpu_check.sh [SECTION...]

build     the library, the command line and the tests, with gcc and Meson
test      tests of src/cuda, on the GPU and on the fake driver
cli       the packed examples through triton-runner demo: PTX and cubins of
          every packed version; what must be refused; PTX, LLIR, TTGIR and TTIR
          through the machine's own Triton (GPU_CHECK_PYTHON, python3)
lowered   the same through a Triton that was packed: GPU_CHECK_PACK=FOLDER
          pack_deps.sh deps triton=V lowered=V, since all is too much for one
          journey
python    the Python package with the machine's torch and Triton: every
          example kernel at every level, tests/package/test_gpu.py, the
          scripts of examples/runner
packed    the first of these through every Triton that was packed
bench     a launch from C beside cuLaunchKernelEx
sanitize  compute-sanitizer over the tests and the examples of one version

All but 'lowered' and 'packed' if none is named. A short report goes to the standard output; it, the
logs and launch.json go to \$OUT, or build/device/results.
USAGE
}

# ---------------------------------------------------------------- sections

failed=()

# section NAME: runs run_NAME. Its output goes to NAME.log, what it writes to descriptor 3 to the report.
section() {
  local name=$1 begin=$SECONDS status=0
  echo "== $name"
  ("run_$name") >"$RESULTS/$name.log" 2>&1 || status=$?
  if ((status)); then
    failed+=("$name")
    echo "== $name: FAILED after $((SECONDS - begin)) s; the end of its log:"
    tail -n 25 "$RESULTS/$name.log"
  else
    echo "== $name: ok, $((SECONDS - begin)) s"
  fi
}

report() {
  echo "   $*" >&3
}

run_build() {
  local options=()
  if [[ -d $PACK/deps ]]; then
    if ! command -v pkg-config >/dev/null && ! command -v pkgconf >/dev/null; then
      mkdir -p "$BUILD.tools"
      printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' "$PACK/deps/lib" "$PACK/deps/bin/pkgconf" \
        >"$BUILD.tools/pkg-config"
      chmod +x "$BUILD.tools/pkg-config" "$PACK/deps/bin/pkgconf"
      export PATH=$BUILD.tools:$PATH
    fi
    export PKG_CONFIG_PATH=$PACK/deps/lib/pkgconfig
  fi
  [[ -e $BUILD/build.ninja ]] && options=(--reconfigure)
  python3 -c 'import sysconfig, os; assert os.path.exists(sysconfig.get_paths()["include"] + "/Python.h")' &&
    options+=(-Dpython=enabled "-Dpython_program=$(command -v python3)")
  meson setup "${options[@]}" "$BUILD" || return
  ninja -C "$BUILD" || return
  build_benchmark
  report "$(gcc --version | head -1), $(nproc) cores"
}

# It reaches inside the library, as benchmark/run.sh has it.
build_benchmark() {
  local libraries
  mapfile -t libraries < <(find "$BUILD/src" -name '*.a')
  gcc -O2 -std=gnu17 -D_GNU_SOURCE -Iinclude -Isrc benchmark/launch.c -o "$BUILD/launch" \
    -Wl,--start-group "${libraries[@]}" -Wl,--end-group "-L$PACK/deps/lib" -ljansson -lxxhash -pthread -ldl -lm
}

# cmocka repeats at its end what it says of such tests.
count_of() { # FAILED|SKIPPED, in $output
  grep -E "^\[  $1 *\] [a-z_]+$" <<<"$output" | sort -u | wc -l
}

run_test() {
  local program name output status=0
  for program in "$BUILD"/tests/unit/test_cuda_* "$BUILD"/tests/unit/test_{cubin,ptx_facts}; do
    [[ -x $program && ! -d $program ]] || continue
    name=$(basename "$program")
    output=$(TRITON_RUNNER_SOURCE=$PWD "$program" 2>&1) || status=1
    echo "$output"
    report "$name: $(grep -c '^\[       OK \]' <<<"$output") ok, $(count_of FAILED) failed, $(count_of SKIPPED) skipped"
    grep -E '^(sm_|.*, sm_|# |[0-9]+ bytes|the driver)' <<<"$output" | cut -c1-300 | sed 's/^/     /' >&3
  done
  return "$status"
}

# ---------------------------------------------------------------- examples

# What demo says, counted: demo NAME EXPECTED_UNSUPPORTED [OPTION...]
demo() {
  local name=$1 unsupported=$2 counts
  shift 2
  "$CLI" demo --device cuda --examples "$PACK/examples" --json "$@" >"$BUILD/$name.json" 2>"$BUILD/$name.err"
  counts=$(python3 - "$BUILD/$name.json" <<'PY'
import collections, json, sys
rows = json.load(open(sys.argv[1]))["rows"]
counts = collections.Counter(row["verdict"] for row in rows)
print(len(rows), *(counts.get(v, 0) for v in ("ok", "wrong", "unsupported")))
for row in rows:
    if row["verdict"] != "ok":
        print(" ", row["triton"], row["kernel"], row["level"], row["verdict"], row["max_error"], file=sys.stderr)
PY
  ) || { cat "$BUILD/$name.err"; report "$name: demo failed"; return 1; }
  cat "$BUILD/$name.err"
  set -- $counts
  report "$name: $1 rows, $2 ok, $3 wrong, $4 unsupported"
  if (($1 == 0 || $3 > 0 || $4 != unsupported)); then
    report "  expected 0 wrong and $unsupported unsupported: $(grep -m 3 -v '^$' "$BUILD/$name.err" | cut -c1-400)"
    return 1
  fi
}

# refused PART FILE: a file that can't run here ends in an error that says PART.
refused() {
  local part=$1 file=$2 output
  if output=$("$CLI" run "$file" --device cuda --grid 1 2>&1); then
    report "${file#"$PACK"/} ran, but should not"
    return 1
  fi
  echo "$output"
  report "${file#"$PACK/examples/artifacts/"}: $(head -1 <<<"$output" | cut -c1-300)"
  [[ $output == *$part* ]]
}

unpack_ptxas() {
  [[ -e $PACK/ptxas-blackwell.xz ]] || return 0
  xz -dc "$PACK/ptxas-blackwell.xz" >"$BUILD/ptxas-blackwell"
  chmod +x "$BUILD/ptxas-blackwell"
  export TRITON_PTXAS_BLACKWELL_PATH=$BUILD/ptxas-blackwell
}

run_cli() {
  local status=0 version artifacts=$PACK/examples/artifacts
  export TRITON_RUNNER_PYTHON=${GPU_CHECK_PYTHON:-python3}
  unpack_ptxas
  "$CLI" info
  demo ptx_and_cubin 0 --target sm90 || status=1
  for version in 75 80 86; do
    demo "ptx_of_sm$version" "$(find "$artifacts" -path "*/sm$version/*" -name '*.cubin' | wc -l)" \
      --target "sm$version" || status=1
  done
  demo every_level_3.6.0 0 --target sm90 --triton 3.6.0 --all-levels || status=1
  demo every_level_of_sm75 "$(find "$artifacts/3.6.0/sm75" -name '*.cubin' | wc -l)" \
    --target sm75 --triton 3.6.0 --all-levels || status=1
  refused 'is for sm_120a, but device 0' "$artifacts/3.9.0/sm120/vector_add_f32/vector_add_kernel.cubin" || status=1
  refused 'is for sm_80, but device 0' "$artifacts/3.9.0/sm80/vector_add_f32/vector_add_kernel.cubin" || status=1
  refused 'sm_120a' "$artifacts/3.9.0/sm120/vector_add_f32/vector_add_kernel.ptx" || status=1
  return "$status"
}

run_lowered() {
  local archive version status=1
  export TRITON_RUNNER_PYTHON=${GPU_CHECK_PYTHON:-python3}
  for archive in "$PACK"/triton-*.tar.xz; do
    version=$(basename "$archive" .tar.xz)
    mkdir -p "$BUILD/$version" && tar -C "$BUILD/$version" -xJf "$archive" || return
    export PYTHONPATH=$BUILD/$version
    version=${version#triton-}
    report "Triton $("$TRITON_RUNNER_PYTHON" -c 'import triton; print(triton.__version__)')"
    demo "every_level_$version" 0 --target sm90 --triton "$version" --all-levels && status=0
  done
  return "$status"
}

# ---------------------------------------------------------------- the Python package

# matrix NAME: the example kernels at every level through whichever Triton is on PYTHONPATH.
matrix() {
  python3 tests/matrix/program.py --list 2>"$BUILD/matrix_$1.err" | xargs -P "$(($(nproc) / 2))" -n 1 \
    python3 tests/matrix/program.py --device cuda --folder "$BUILD/matrix_$1" >"$BUILD/matrix_$1.txt" 2>>"$BUILD/matrix_$1.err"
  tail -n 30 "$BUILD/matrix_$1.err"
  python3 - "$BUILD/matrix_$1.txt" "$1" <<'PY' >&3
import collections, json, sys
rows = [json.loads(line) for line in open(sys.argv[1]) if line.startswith("{")]
good = collections.Counter(row["level"] for row in rows if row["result"] == "ok")
print(f"   Triton {sys.argv[2]}: {len(rows)} launches,", ", ".join(f"{level} {n}" for level, n in good.items()), "ok")
for row in rows:
    if row["result"] != "ok":
        print("    ", row["variant"], row["level"], row["result"][:300])
PY
  ! grep -q '"variant"' "$BUILD/matrix_$1.txt" && return 1
  ! grep '"variant"' "$BUILD/matrix_$1.txt" | grep -qv '"ok"'
}

use_package() {
  ln -sf "$BUILD"/python/_core.*.so python/triton_runner/
  export PYTHONPATH=$PWD/python${PYTHONPATH:+:$PYTHONPATH} TRITON_CACHE_DIR=$BUILD/triton
  unpack_ptxas
}

run_python() {
  local status=0
  use_package
  matrix "$(python3 -c 'import triton; print(triton.__version__)')" || status=1
  python3 -m pytest tests/package/test_gpu.py -q -p no:cacheprovider 2>&1 | tee "$BUILD/test_gpu.txt" || status=1
  report "tests/package/test_gpu.py: $(tail -1 "$BUILD/test_gpu.txt")"
  grep -E '^(FAILED|ERROR)' "$BUILD/test_gpu.txt" | cut -c1-300 | sed 's/^/     /' >&3
  python3 tests/matrix/scripts.py --jobs 12 >"$BUILD/scripts.txt" 2>&1 || status=1
  sed 's/^/   /' "$BUILD/scripts.txt" >&3
  return "$status"
}

run_packed() {
  local archive version status=0
  use_package
  for archive in "$PACK"/triton-*.tar.xz; do
    version=$(basename "$archive" .tar.xz)
    mkdir -p "$BUILD/$version" && tar -C "$BUILD/$version" -xJf "$archive" || return
    (
      export PYTHONPATH=$BUILD/$version:$PYTHONPATH
      # Its own ptxas may travel beside it: 3.0 and 3.1 take none of CUDA 13.
      ptxas=$BUILD/$version/triton/backends/nvidia/bin/ptxas
      if [[ -e $PACK/ptxas-${version#triton-}.xz ]]; then
        xz -dc "$PACK/ptxas-${version#triton-}.xz" >"$ptxas" && chmod +x "$ptxas"
      fi
      [[ -x $ptxas ]] || export TRITON_PTXAS_PATH=/usr/local/cuda/bin/ptxas
      matrix "${version#triton-}"
    ) || status=1
  done
  return "$status"
}

# ---------------------------------------------------------------- numbers, sanitizer

run_bench() {
  local output
  output=$("$BUILD/launch" --json "$RESULTS/launch.json") || { echo "$output"; return 1; }
  echo "$output"
  while IFS= read -r line; do report "$line"; done <<<"$output"
  python3 - "$RESULTS/launch.json" <<'PY'
import json, sys
rows = json.load(open(sys.argv[1]))["rows"]
worst = max(row["handle_us"] - row["raw_us"] for row in rows)
print(f"the handle takes at most {worst:.3f} µs more than a raw loop")
sys.exit(worst > 0.1)
PY
}

sanitize() { # COMMAND...
  local output status=0
  # Calls that fail are no errors: tests make them on purpose.
  output=$(compute-sanitizer --report-api-errors no --error-exitcode 99 --target-processes all "$@" 2>&1) || status=$?
  echo "$output" | tail -n 60
  report "$(basename "$1")${2:+ $2}: $(grep 'ERROR SUMMARY' <<<"$output" | tail -1 | sed 's/=* //')"
  return "$status"
}

run_sanitize() {
  local status=0
  unpack_ptxas
  # What fails on purpose is left out.
  TRITON_RUNNER_NO_FAULTS=1 TRITON_RUNNER_SOURCE=$PWD sanitize "$BUILD/tests/unit/test_cuda_gpu" || status=1
  sanitize "$CLI" demo --device cuda --examples "$PACK/examples" --target sm90 --triton 3.6.0 || status=1
  return "$status"
}

main() {
  local name
  for name; do
    case $name in
      build | test | cli | lowered | python | packed | bench | sanitize) ;;
      -h | --help) usage; return ;;
      *) usage >&2; return 2 ;;
    esac
  done
  [[ $# -gt 0 ]] || set -- build test cli python bench sanitize
  mkdir -p "$RESULTS" "$BUILD"
  export LD_LIBRARY_PATH=$PACK/deps/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  {
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || echo "no nvidia-smi"
    for name; do section "$name"; done
    if ((${#failed[@]})); then echo "FAILED: ${failed[*]}"; else echo "all ok"; fi
    ((${#failed[@]} == 0))
  } 3>&1 | tee "$RESULTS/report.txt"
}

main "$@"
