# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Real-time speech emotion recognition for ROS 2, and for Python without ROS.

`classify` says what is heard in the windows of an audio file, `Recognizer` does the same for many
files and for streams of samples; its docstring is the manual. `SerError` is what they raise.
`setup_logging` says which log messages are shown.
"""

import importlib
import os
import sys
import types
from typing import TYPE_CHECKING, Any, List

from ser_ros.errors import SerError

if TYPE_CHECKING:
    from ser_ros.logs import setup_logging
    from ser_ros.recognizer import Recognizer, classify

__all__ = ['Recognizer', 'SerError', 'classify', 'setup_logging']
__version__ = '0.1.0'

# ONNX Runtime 1.29 and newer reports models and usage to its maker, unless this is set before it is
# imported. What a robot hears is nobody else's business.
os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')

_MODULES = {'Recognizer': 'ser_ros.recognizer', 'classify': 'ser_ros.recognizer',
            'setup_logging': 'ser_ros.logs'}


class _Package(types.ModuleType):
    """The package as a module that imports what it offers when that is first used.

    Every node and command imports ser_ros, and few of them need numpy and the model's runtime. A
    function ``__getattr__`` in the module would do the same, but only from Python 3.7 on.
    """

    def __getattr__(self, name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f'module {self.__name__!r} has no attribute {name!r}')
        value = getattr(importlib.import_module(_MODULES[name]), name)
        setattr(self, name, value)
        return value

    def __dir__(self) -> List[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
