# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What all tests share: threads, a ROS domain of their own, and the data beside the repository."""

import os
import pathlib
import socket

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Before anything imports numpy or torch: tests share few cores with the graphs they start.
for _library in ('OMP', 'OPENBLAS', 'MKL', 'NUMBA'):
    os.environ.setdefault(_library + '_NUM_THREADS', '1')

# librosa keeps compiled code. Processes that fill one cache at once break it, and then it crashes.
os.environ['NUMBA_CACHE_DIR'] = str(
    ROOT / 'build' / 'numba' / os.environ.get('PYTEST_XDIST_WORKER', 'main'))

# Graphs under test neither see nor are seen by other machines. (Newer distributions warn of
# Humble's variable.)
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
if os.environ.get('ROS_DISTRO') == 'humble':
    os.environ['ROS_LOCALHOST_ONLY'] = '1'

# Over UDP. The domains of Fast DDS have the same ports of shared memory (7000 and up), and test
# processes beside each other start and kill many nodes. At times a node has lost its port to
# another one ("Failed init_port"), and hears nothing. test_surroundings.py has shared memory.
TRANSPORT_VARIABLES = 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'
for _name in TRANSPORT_VARIABLES:
    os.environ[_name] = str(ROOT / 'config' / 'udp_only.xml')

# Every field of a message is checked, as Humble always does: a wrong value is an AssertionError.
# Before anything imports a message.
os.environ.setdefault('ROS_PYTHON_CHECK_FIELDS', '1')

# The ports of higher ids lie among those that Linux hands out to any socket.
HIGHEST_DOMAIN_ID = 101


def _claim_domain():
    """
    Return a ROS domain id that no other test session of this machine has, and its claim.

    The claim is a socket with an abstract name: the kernel frees it with the process.
    """
    for domain_id in range(HIGHEST_DOMAIN_ID, 0, -1):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f'\0ser_ros_test_domain_{domain_id}')
        except OSError:
            claim.close()
        else:
            return domain_id, claim
    raise RuntimeError('all ROS domains are taken by other test sessions')


_DOMAIN_ID, _CLAIM = _claim_domain()
os.environ['ROS_DOMAIN_ID'] = str(_DOMAIN_ID)


@pytest.fixture(scope='session')
def ros_domain():
    """Return the ROS domain id of this session; it is in the environment, for processes, too."""
    return _DOMAIN_ID


@pytest.fixture
def shared_memory(monkeypatch):
    """Processes that a test starts use the shared memory of Fast DDS, as they do by default."""
    for name in TRANSPORT_VARIABLES:
        monkeypatch.delenv(name)


@pytest.fixture(scope='session')
def shared_data():
    """Return the folder of the corpora (ravdess, nemo, emodb), or skip the test."""
    path = pathlib.Path(os.environ.get('SER_ROS_SHARED_DATA', str(ROOT.parent / 'shared' / 'data')))
    if not path.is_dir():
        pytest.skip(f'{path} is missing; name its place in SER_ROS_SHARED_DATA')
    return path
