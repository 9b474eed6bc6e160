#!/usr/bin/env bash
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# entrypoint.sh [OPTIONS OF ser_ros run]: the graph on the microphone SER_ROS_AUDIO, by default the
# default one; every emotion is kept in /output.
# entrypoint.sh COMMAND...: another command, such as ser_ros devices, in the same environment.
set -eo pipefail

# shellcheck disable=SC1090
source "$ROS_SETUP"
# shellcheck disable=SC1091
source /opt/ser_ros/install/local_setup.bash

if [[ $# -gt 0 && $1 != -* ]]; then
    exec "$@"
fi
exec ser_ros run "${SER_ROS_AUDIO:-mic}" \
    --output "/output/emotions-$(date -u +%Y%m%dT%H%M%SZ).jsonl" "$@"
