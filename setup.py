# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The package for pip: training, evaluation and offline use without ROS.

In a ROS 2 workspace colcon builds it by CMakeLists.txt, which adds the messages.
"""

import os
import re

from setuptools import find_packages, setup

ROOT = os.path.dirname(os.path.abspath(__file__))


def read(*path: str) -> str:
    """Return the text of a file of the repository."""
    with open(os.path.join(ROOT, *path), encoding='utf-8') as file:
        return file.read()


def version() -> str:
    """Return ser_ros.__version__ without importing what may not be installed yet."""
    found = re.findall(r"^__version__ = '(.+)'$", read('ser_ros', '__init__.py'), re.MULTILINE)
    return found[0]


def share(*folders: str) -> 'list[tuple[str, list[str]]]':
    """Return all files below the folders as data files below share/ser_ros."""
    return [
        (os.path.join('share', 'ser_ros', parent), [os.path.join(parent, name) for name in names])
        for folder in folders
        for parent, _, names in os.walk(folder)
        if names and '__pycache__' not in parent
    ]


setup(
    name='ser_ros',
    version=version(),
    description='Real-time speech emotion recognition for ROS 2',
    long_description=read('README.md'),
    long_description_content_type='text/markdown',
    author='The ser_ros authors',
    author_email='maintainers@ser-ros.invalid',
    # Of the code, and of the weights in models/.
    license='Apache-2.0 AND CC-BY-NC-SA-4.0',
    python_requires='>=3.6',
    packages=find_packages(include=['ser_ros', 'ser_ros.*']),
    data_files=share('config', 'launch', 'models'),
    # silero-vad is used without its torch: pip install --no-deps -r requirements/no-deps.txt
    install_requires=[
        'dataclasses; python_version < "3.7"',
        'numpy>=1.19',
        'onnxruntime>=1.10',
        'PyYAML',
        'rich>=12',
        'scipy>=1.5',
        'soundfile>=0.11',
        'soxr>=0.2.6',
    ],
    # TensorRT itself is the board's own, of JetPack.
    extras_require={
        'cuda': ['cuda-python>=12', 'onnx'],
        'jetson': ['onnx', 'pycuda>=2021.1'],
        'm4a': ['av>=10'],
        'mic': ['PyAudio>=0.2.11'],
        'train': ['accelerate>=1.0', 'librosa==0.11.*', 'matplotlib', 'onnx', 'safetensors',
                  'torch>=2.4'],
    },
    entry_points={'console_scripts': ['ser_ros = ser_ros.cli.main:main']},
    zip_safe=False,
)
