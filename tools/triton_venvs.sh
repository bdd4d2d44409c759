#!/usr/bin/env bash
# Creates one Python virtual environment per Triton version, outside the repository.
set -euo pipefail

readonly ALL_VERSIONS=(3.0.0 3.1.0 3.2.0 3.3.1 3.4.0 3.5.1 3.6.0 3.7.1 3.8.0 3.9.0)
readonly FBTRITON=3.7.4
readonly ROOT=${TRITON_RUNNER_VENVS:-$HOME/.cache/triton-runner/venvs}

usage() {
  cat <<USAGE
usage: triton_venvs.sh [VERSION...]

Creates ROOT/VERSION, a virtual environment with that Triton from PyPI, for
each VERSION (default: ${ALL_VERSIONS[*]}).
"fbtriton" is fbtriton $FBTRITON, Meta's fork, which has TLX.
An environment that already works is left as it is.

ROOT is \$TRITON_RUNNER_VENVS, or else ~/.cache/triton-runner/venvs.
PYTHON names the interpreter to use; by default the first of python3.11,
python3.12, python3.10 and python3 that the version has wheels for.
Each environment takes 0.5 to 1 GB.
USAGE
}

# Oldest and newest Python 3 minor version that a Triton version has wheels for.
python_range() {
  case $1 in
    3.0.* | 3.1.*) echo "8 12" ;;
    3.2.* | 3.3.* | 3.4.*) echo "9 13" ;;
    3.[5-8].*) echo "10 14" ;;
    *) echo "11 15" ;;
  esac
}

# What a Triton version imports without declaring it, beyond its own dependencies.
extra_packages() {
  case $1 in
    3.3.* | 3.4.*) echo setuptools ;;
  esac
}

# Meta's fork, which has TLX, goes by the name of its package.
requirement() {
  [[ $1 == fbtriton ]] && echo "fbtriton==$FBTRITON" || echo "triton==$1"
}

expected_version() {
  [[ $1 == fbtriton ]] && echo "$FBTRITON+fb" || echo "$1"
}

find_python() {
  local version=$1 oldest newest candidate minor
  read -r oldest newest <<<"$(python_range "$version")"
  for candidate in ${PYTHON:-python3.11 python3.12 python3.10 python3}; do
    minor=$("$candidate" -c 'import sys; print(sys.version_info.minor)' 2>/dev/null) || continue
    if ((minor >= oldest && minor <= newest)); then
      echo "$candidate"
      return
    fi
  done
  echo "triton $version needs Python 3.$oldest to 3.$newest; none found" >&2
  return 1
}

installed_version() {
  "$1/bin/python" -c 'import triton; print(triton.__version__)' 2>/dev/null || true
}

create_venv() {
  local version=$1 dir=$ROOT/$1 python extras
  if [[ $(installed_version "$dir") == "$(expected_version "$version")" ]]; then
    echo "triton $version: already in $dir"
    return
  fi
  python=$(find_python "$version")
  read -r -a extras <<<"$(extra_packages "$version")"
  echo "triton $version: installing into $dir with $python"
  "$python" -m venv --clear "$dir"
  "$dir/bin/python" -m pip install --quiet "$(requirement "$version")" "${extras[@]}"
  if [[ $(installed_version "$dir") != "$(expected_version "$version")" ]]; then
    echo "triton $version: installed, but it can't be imported:" >&2
    "$dir/bin/python" -c 'import triton' >&2
    return 1
  fi
}

main() {
  local version
  if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    usage
    return
  fi
  for version in "${@:-${ALL_VERSIONS[@]}}"; do
    [[ $version =~ ^([0-9]+\.[0-9]+\.[0-9]+|fbtriton)$ ]] || { usage >&2; return 2; }
  done
  mkdir -p "$ROOT"
  for version in "${@:-${ALL_VERSIONS[@]}}"; do
    create_venv "$version"
  done
}

main "$@"
