# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Features, inference and memory against the reference pipeline, in one run.

Run with `python benchmarks/all.py` in a shell that has the workspace (scripts/env.sh). Options
are those of inference.py and memory.py.
"""

import features
import inference
import memory

for benchmark in (features, inference, memory):
    benchmark.main()
    print()
