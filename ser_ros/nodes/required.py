# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One node in a process that ends if the node cannot start; `ser_ros run --processes` starts four.

The first argument is MODULE:CLASS. What `ros2 run` starts stays instead, so that somebody can set
other parameters and configure the node again.
"""

import importlib
import sys
from typing import List

from ser_ros.nodes import process


def main(args: List[str]) -> int:
    """Run the node; return the exit code."""
    module, _, name = args[0].partition(':')
    node_class = getattr(importlib.import_module(module), name)
    return process.main([node_class], args[1:], must_start=True)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
