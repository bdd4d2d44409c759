#!/usr/bin/env bash
# Installs what building or testing needs and this machine lacks.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly BUILD_PACKAGES=(gcc libc6-dev meson ninja-build pkg-config libjansson-dev libxxhash-dev)
readonly TEST_PACKAGES=("${BUILD_PACKAGES[@]}" make git g++ clang libclang-rt-14-dev llvm-14 libcmocka-dev python3-venv python3-dev)
readonly REQUIREMENTS=tests/requirements.txt

usage() {
  cat <<USAGE
usage: setup.sh build | test | python | fmt

build  what compiling the library and the command line needs (Debian packages):
       ${BUILD_PACKAGES[*]}
test   that, and clang with its sanitizers, and cmocka
python a virtual environment .venv with $REQUIREMENTS from PyPI
fmt    clang-format

Says what it installs; a machine that has everything is left as it is.
USAGE
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "setup: to install packages, run this as root or install sudo" >&2
    return 1
  fi
}

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

install_packages() {
  local package missing=()
  if ! command -v dpkg-query >/dev/null; then
    echo "setup: not a Debian system: making sure of these packages is up to you: $*" >&2
    return
  fi
  for package; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  echo "setup: installing ${missing[*]}"
  as_root apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
    -o Acquire::Retries=3 install "${missing[@]}" >/dev/null
}

# The environment remembers what it was made from; it is made anew when that has changed.
create_venv() {
  local python
  cmp -s "$REQUIREMENTS" .venv/requirements.txt && return
  for python in python3 python3.12 python3.11; do
    "$python" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
    python=
  done
  [[ $python ]] || { echo "setup: the tests need Python 3.11 or newer" >&2; return 1; }
  echo "setup: installing $(tr '\n' ' ' <"$REQUIREMENTS")into .venv"
  "$python" -m venv --clear .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --retries 5 -r "$REQUIREMENTS"
  cp "$REQUIREMENTS" .venv/requirements.txt
}

case ${1:-} in
  build) install_packages "${BUILD_PACKAGES[@]}" ;;
  test) install_packages "${TEST_PACKAGES[@]}" ;;
  python) create_venv ;;
  fmt) install_packages clang-format ;;
  -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
