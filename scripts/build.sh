#!/usr/bin/env bash
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# Builds the messages and installs the package below install/ with colcon, unless nothing that
# this depends on has changed. Python, launch and configuration files are linked, not copied: a
# change of one of them needs no build, a new one does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

interfaces=interfaces/audio_common_msgs

sources=(CMakeLists.txt package.xml resource/* msg/* "$interfaces"/*.*  "$interfaces"/msg/*
    scripts/build.sh .venv/.stamps/run)

linked_files() {
    find ser_ros config docs launch models -type f ! -name '*.pyc' ! -path '*/__pycache__/*' | LC_ALL=C sort
}

build() {
    local paths=(.)
    # The messages that apt has as ros-DISTRO-audio-common-msgs are not on PyPI.
    [[ -d .venv/share/audio_common_msgs ]] || paths+=("$interfaces")
    source scripts/env.sh
    colcon build --symlink-install --base-paths "${paths[@]}" --event-handlers console_cohesion+ \
        --cmake-args -DBUILD_TESTING=OFF -DCMAKE_BUILD_TYPE=Release \
        -DPython3_EXECUTABLE="$VIRTUAL_ENV/bin/python"
}

lock
# CMake's caches hold absolute paths, the interpreter's and this folder's.
place=$(fingerprint "$PWD $(.venv/bin/python --version)" /dev/null)
if ! is_stamped install/.place "$place"; then
    rm -rf build/ser_ros build/audio_common_msgs install
    stamp install/.place "$place"
fi
hash=$(fingerprint "$(linked_files)" "${sources[@]}")
if ! is_stamped install/.stamp "$hash"; then
    step build 'building the messages and the package with colcon (10 to 60 s)' build
    # Links to files that have been removed since the last build.
    find install -xtype l -delete
    stamp install/.stamp "$hash"
fi
