# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One node in a process that ends if the node cannot start; `ser_ros run --processes` starts four.

The first arguments are the process that started it, with which it ends, and MODULE:CLASS. What
`ros2 run` starts stays instead, so that somebody can set other parameters and configure the node
again.
"""

import importlib
import sys
from typing import List

from ser_ros.child_process import end_after_parent
from ser_ros.nodes import process


def main(args: List[str]) -> int:
    """Run the node; return the exit code."""
    end_after_parent(int(args[0]))
    module, _, name = args[1].partition(':')
    node_class = getattr(importlib.import_module(module), name)
    return process.main([node_class], args[2:], must_start=True)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
