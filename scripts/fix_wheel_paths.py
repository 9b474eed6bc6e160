# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Make the CMake files of the ROS 2 wheels name this interpreter's headers.

The wheels' exported targets carry the include folders of the machine that built them
(``/opt/python/cp3XY-cp3XY/...``); CMake refuses a target with an include folder that does not
exist. Run by the interpreter of the environment after the wheels were installed.
"""

import pathlib
import re
import sys
import sysconfig

import numpy

BUILDERS_PYTHON = r'/opt/python/cp3\d+-cp3\d+t?'
INCLUDES = (
    (re.compile(BUILDERS_PYTHON + r'/lib/python3\.\d+/site-packages/numpy/(_core|core)/include'),
     numpy.get_include()),
    (re.compile(BUILDERS_PYTHON + r'/include/python3\.\d+t?'),
     sysconfig.get_paths()['include']),
)


def fix(text: str) -> str:
    """Return the text of a CMake file with the builder's include folders replaced."""
    for pattern, replacement in INCLUDES:
        text = pattern.sub(replacement.replace('\\', r'\\'), text)
    return text


def main() -> int:
    """Rewrite the CMake files below the environment's share folder; return an exit code."""
    for path in pathlib.Path(sys.prefix, 'share').glob('*/cmake/*.cmake'):
        text = path.read_text(encoding='utf-8')
        fixed = fix(text)
        if fixed != text:
            path.write_text(fixed, encoding='utf-8')
        if re.search(BUILDERS_PYTHON, fixed):
            print(f'{path} names an unknown folder of its builder', file=sys.stderr)
            return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
