#!/usr/bin/env bash
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# test_py36.sh [PYTEST ARGUMENTS]: the runtime's plain tests on Python 3.6, which is what the
# original Jetson Nano has, with the libraries that it has, in an environment of their own
# (.venv36). Without a python3.6 it says so and does nothing; PYTHON36 names one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

venv=.venv36
# Newer ones don't run on 3.6, the one that comes with it knows no manylinux2014 wheels.
pip_version=21.3.1
# What holds for the repository, not for the runtime, is tested by `make test`.
tests=(test/unit --ignore=test/unit/training --ignore=test/unit/corpora
    --ignore=test/unit/degrade --ignore=test/unit/evaluation --ignore=test/unit/adaptation
    --ignore=test/unit/test_packaging.py --ignore=test/unit/test_documents.py
    --ignore=test/unit/test_docker.py --ignore=test/unit/test_check_prose.py)

is_python36() {
    "$1" -c 'import sys; raise SystemExit(sys.version_info[:2] != (3, 6))' 2>/dev/null
}

# Prints the path of an interpreter; pyenv's `python3.6` on PATH may be a stub that only fails.
find_python36() {
    local candidate candidates=(python3.6 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.6.*/bin/python3.6)
    [[ -z ${PYTHON36:-} ]] || candidates=("$PYTHON36")
    for candidate in "${candidates[@]}"; do
        if is_python36 "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

pip_install() {
    env -u PYTHONPATH -u PYTHONHOME PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 \
        "$venv/bin/python" -m pip install --progress-bar off "$@"
}

make_venv() {
    "$python" -m venv --clear "$venv"
    pip_install "pip==$pip_version"
    pip_install --no-deps -r requirements/python36.txt -r requirements/python36-test.txt
    pip_install --no-deps --ignore-requires-python -r requirements/no-deps.txt
}

if ! python=$(find_python36); then
    [[ -z ${PYTHON36:-} ]] || die "PYTHON36=$PYTHON36 is not Python 3.6"
    say 'tests on Python 3.6 skipped: there is no python3.6 on PATH nor under pyenv'
    exit 0
fi

lock
hash=$(fingerprint "$PWD $python $pip_version" requirements/python36.txt \
    requirements/python36-test.txt requirements/no-deps.txt)
if ! is_stamped "$venv/.stamp" "$hash" || ! "$venv/bin/python" -c '' 2>/dev/null; then
    step venv36 "installing the runtime for $("$python" --version 2>&1) into $venv" make_venv
    stamp "$venv/.stamp" "$hash"
fi

say "the runtime's tests on $("$python" --version 2>&1)"
# Also for the processes that tests start.
export PYTHONPATH=$PWD
env -u PYTHONHOME -u AMENT_PREFIX_PATH "$venv/bin/python" -m pytest "${tests[@]}" "$@"
