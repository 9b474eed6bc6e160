# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# To be sourced from bash: makes the ROS 2 of .venv and what `make build` has installed the ROS
# environment of this shell, in place of any other that was there.

_ser_ros_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
_ser_ros_venv=${SER_ROS_VENV:-$_ser_ros_root/.venv}
if [[ ! -x $_ser_ros_venv/bin/python ]]; then
    echo "ser_ros: $_ser_ros_venv is missing: run 'make build' first" >&2
    unset _ser_ros_root _ser_ros_venv
    return 1
fi

# Prints the colon-separated list $1 without what lies below any of the prefixes of the list $2.
_ser_ros_without() {
    local entry prefix kept=''
    local IFS=':'
    for entry in $1; do
        for prefix in $2; do
            [[ -n $prefix && ($entry == "$prefix" || $entry == "$prefix"/*) ]] && continue 2
        done
        kept+="${kept:+:}$entry"
    done
    printf '%s' "$kept"
}

_ser_ros_enter() {
    # A sourced distribution's Python modules and libraries must not mix with the wheels' own.
    local others="${AMENT_PREFIX_PATH:-}:${CMAKE_PREFIX_PATH:-}:$_ser_ros_venv"
    PATH=$(_ser_ros_without "$PATH" "$others")
    PYTHONPATH=$(_ser_ros_without "${PYTHONPATH:-}" "$others")
    LD_LIBRARY_PATH=$(_ser_ros_without "${LD_LIBRARY_PATH:-}" "$others")

    # The wheels keep their libraries in these folders. They would find them by starting Python a
    # second time, which is slow and confuses tools that watch a process; so it is done here.
    local folder libraries=$_ser_ros_venv/lib
    for folder in "$_ser_ros_venv"/lib/python3.*/site-packages/ros_*.libs; do
        libraries+=":$folder"
    done
    export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1

    export VIRTUAL_ENV=$_ser_ros_venv
    export PATH=$_ser_ros_venv/bin:$PATH
    export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    # Not even an empty one: colcon would append it, and Python takes '' for the current folder.
    if [[ -n $PYTHONPATH ]]; then export PYTHONPATH; else unset PYTHONPATH; fi
    export AMENT_PREFIX_PATH=$_ser_ros_venv CMAKE_PREFIX_PATH=$_ser_ros_venv
    unset COLCON_PREFIX_PATH PYTHONHOME
    export ROS_VERSION=2 ROS_PYTHON_VERSION=3 ROS_DISTRO=jazzy
    # The only middleware among the wheels, whatever a distribution's shell has chosen.
    export RMW_IMPLEMENTATION=rmw_fastrtps_cpp

    local setup=${SER_ROS_INSTALL:-$_ser_ros_root/install}/local_setup.bash
    if [[ -f $setup ]]; then
        # colcon's script reads variables that may be unset.
        local had_nounset=$-
        set +u
        # shellcheck disable=SC1090
        source "$setup"
        if [[ $had_nounset == *u* ]]; then set -u; fi
    fi
}

_ser_ros_enter
unset -f _ser_ros_enter _ser_ros_without
unset _ser_ros_root _ser_ros_venv
