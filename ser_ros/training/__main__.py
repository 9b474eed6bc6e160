# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One of several processes that train together.

``accelerate launch`` and ``torch.distributed.run`` start it as ``python -m ser_ros.training``. It
takes the arguments of ``ser_ros train``.
"""

import os
import sys

from ser_ros.cli import main as cli


def main() -> int:
    """Train as the command line says and return the exit code.

    One of several processes ends without the interpreter's own end, in which threads of
    torch.distributed sometimes abort a process whose work is done.
    """
    # Parameters without gradient are looked for on purpose; see `ser_ros.training.fit.processes`.
    os.environ.setdefault('TORCH_CPP_LOG_LEVEL', 'ERROR')
    code = cli.main(['train', *sys.argv[1:]])
    if int(os.environ.get('WORLD_SIZE', '1')) > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


if __name__ == '__main__':
    sys.exit(main())
