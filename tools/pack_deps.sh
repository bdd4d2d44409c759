#!/usr/bin/env bash
# Packs what tools/gpu_check.sh needs on a machine without network into build/pack, a folder that git ignores.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly PACK=${GPU_CHECK_PACK:-build/pack}
readonly LARGEST=50 # MiB
readonly ARTIFACTS=${TRITON_RUNNER_ARTIFACTS:-$HOME/.cache/triton-runner/artifacts}
readonly VENVS=${TRITON_RUNNER_VENVS:-$HOME/.cache/triton-runner/venvs}
readonly VERSIONS=(3.0.0 3.1.0 3.4.0 3.6.0 3.9.0) # whose PTX and cubins are tried
readonly LOWERED=(3.4.0 3.6.0)                    # whose other levels are, too

usage() {
  cat <<USAGE
usage: pack_deps.sh [deps] [examples] [ptxas] [triton=V] [lowered=V]

deps      jansson, xxhash and cmocka as this machine has them, headers too,
          with pkg-config files that work wherever the folder lies
examples  the example kernels as Triton ${VERSIONS[*]} compiled them
          (examples/generate.py makes them)
ptxas     the one of Triton 3.9.0, for PTX newer than a driver takes
triton=V  Triton V for Python 3.12 from PyPI, without what lowering doesn't
          need (40 MB)
lowered=V instead of all examples, those that Triton V compiled for sm_90

The first three if none is named. What was packed before stays. GPU_CHECK_PACK
names another folder than $PACK.
USAGE
}

pack_library() { # NAME VERSION HEADER...
  local name=$1 version=$2 header library soname
  shift 2
  for header; do cp -L "/usr/include/$header" "$PACK/deps/include/"; done
  library=$(gcc -print-file-name="lib$name.so")
  soname=$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')
  # Two copies and no link: a link may not survive the journey.
  cp -L "$library" "$PACK/deps/lib/$soname"
  cp -L "$library" "$PACK/deps/lib/lib$name.so"
  cat >"$PACK/deps/lib/pkgconfig/$(pc_name "$name").pc" <<PC
prefix=\${pcfiledir}/../..
Name: $name
Description: $name
Version: $version
Libs: -L\${prefix}/lib -l$name
Cflags: -I\${prefix}/include
PC
}

pc_name() {
  [[ $1 == xxhash ]] && echo libxxhash || echo "$1"
}

pack_deps() {
  rm -rf "$PACK/deps"
  mkdir -p "$PACK/deps/include" "$PACK/deps/lib/pkgconfig" "$PACK/deps/bin"
  pack_library jansson "$(pkg-config --modversion jansson)" jansson.h jansson_config.h
  pack_library xxhash "$(pkg-config --modversion libxxhash)" xxhash.h xxh3.h
  pack_library cmocka "$(pkg-config --modversion cmocka)" cmocka.h
  # For a machine that has no pkg-config either.
  cp -L "$(command -v pkgconf)" "$PACK/deps/bin/pkgconf"
  cp -L "$(ldd "$(command -v pkgconf)" | awk '/libpkgconf/ { print $3 }')" "$PACK/deps/lib/"
}

begin_examples() {
  [[ -d $ARTIFACTS ]] || { echo "pack_deps: no $ARTIFACTS: run examples/generate.py" >&2; return 1; }
  rm -rf "$PACK/examples"
  mkdir -p "$PACK/examples"
  cp examples/launches.json "$PACK/examples/"
}

copy_stages() { # VERSION ARCH STAGE...
  local source=$1/$2 variant stage file target
  shift 2
  for variant in "$ARTIFACTS/$source"/*/; do
    target=$PACK/examples/artifacts/$source/$(basename "$variant")
    mkdir -p "$target"
    for stage; do
      for file in "$variant"*".$stage"; do
        [[ ! -e $file ]] || cp "$file" "$target/"
      done
    done
  done
}

pack_examples() {
  local version arch
  begin_examples
  for version in "${VERSIONS[@]}"; do
    copy_stages "$version" sm90 ptx cubin json
    for arch in sm75 sm80 sm86; do copy_stages "$version" "$arch" ptx json; done
  done
  for version in "${LOWERED[@]}"; do
    for arch in sm90 sm75; do copy_stages "$version" "$arch" ttir ttgir llir ptx cubin json; done
  done
  copy_stages 3.9.0 sm80 cubin # to be refused
  copy_stages 3.9.0 sm120 ptx cubin json
}

pack_lowered() { # VERSION
  begin_examples
  copy_stages "$1" sm90 ttir ttgir llir ptx cubin json
}

pack_ptxas() {
  local ptxas
  ptxas=$(echo "$VENVS"/3.9.0/lib/python3*/site-packages/triton/backends/nvidia/bin/ptxas-blackwell)
  [[ -x $ptxas ]] || { echo "pack_deps: no $ptxas: run tools/triton_venvs.sh 3.9.0" >&2; return 1; }
  xz -3 -T0 -c "$ptxas" >"$PACK/ptxas-blackwell.xz"
}

pack_triton() { # VERSION
  local version=$1 folder
  folder=$(mktemp -d)
  echo "pack_deps: fetching Triton $version for Python 3.12"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.12 \
    --implementation cp --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 -d "$folder" "triton==$version"
  (cd "$folder" && python3 -m zipfile -e ./*.whl site && rm ./*.whl)
  (
    cd "$folder/site"
    # The other backend's Python stays: importing Triton imports every backend.
    rm -rf triton/profiler triton/backends/amd/{lib,include} triton/backends/nvidia/{lib/cupti,include}
    rm -f triton/backends/nvidia/bin/cuobjdump triton/backends/nvidia/bin/nvdisasm triton/instrumentation/*
    find . -name '*.so' -exec strip --strip-unneeded {} +
    chmod +x triton/backends/nvidia/bin/*
  )
  XZ_OPT='-6 -T0' tar -C "$folder/site" -cJf "$PACK/triton-$version.tar.xz" .
  rm -rf "$folder"
}

main() {
  local part
  mkdir -p "$PACK"
  [[ $# -gt 0 ]] || set -- deps examples ptxas
  for part; do
    case $part in
      deps | examples | ptxas) "pack_$part" ;;
      triton=[0-9]*.[0-9]* | lowered=[0-9]*.[0-9]*) "pack_${part%%=*}" "${part#*=}" ;;
      -h | --help) usage; return ;;
      *) usage >&2; return 2 ;;
    esac
  done
  du -sm "$PACK"/* | sort -k2
  (($(du -sm "$PACK" | cut -f1) <= LARGEST)) || { echo "pack_deps: more than $LARGEST MiB in $PACK" >&2; return 1; }
}

main "$@"
