# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
emotion_inference with a backend that builds as long as a test wants.

The environment's BUILD_FOLDER names a folder in which the test makes the files 0, 1 and 2: each
lets the build go on by a step. With a file ``fail`` in it, it fails at its end.
"""

import os
import sys
import time

from ser_ros.errors import SerError
from ser_ros.inference import registry
from ser_ros.inference.onnxruntime_backend import OnnxRuntimeBackend
from ser_ros.nodes.emotion_inference import main

FOLDER = os.environ['BUILD_FOLDER']
STEPS = 3


def exists(name):
    return os.path.exists(os.path.join(FOLDER, name))


class BuildingBackend(OnnxRuntimeBackend):
    name = 'tensorrt'

    def _open(self, model, precision, threads, engines):
        for step in range(STEPS):
            engines.on_progress(
                f'building with {engines.workspace_mib} MiB for {engines.folder}',
                step / (STEPS - 1))
            while not exists(str(step)):
                if engines.cancelled():
                    raise SerError('it was cancelled')
                time.sleep(0.01)
        if exists('fail'):
            raise SerError('no memory for the engine')
        return super()._open(model, precision, threads, engines)


registry.BACKENDS['tensorrt'] = BuildingBackend()
sys.exit(main())
