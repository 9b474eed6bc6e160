# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The machine of a benchmark, and the memory of a process, as Linux reports them."""

import os
import platform
import re
from typing import Dict, Optional

MB = 1e6


def machine() -> str:
    """Return the board, processor, memory and system, such as the head of a table names them."""
    parts = [_board(), _l4t(), _processor(), _memory(),
             platform.system() + ' ' + platform.release()]
    return ', '.join(part for part in parts if part)


def _board() -> str:
    # Of boards with a device tree, such as a Jetson.
    return _read('/proc/device-tree/model').strip('\0\n ')


def _l4t() -> str:
    # NVIDIA's Linux of a Jetson, which JetPack brings: '# R32 (release), REVISION: 7.1, ...'
    match = re.search(r'R(\d+) \(release\), REVISION: ([\d.]+)', _read('/etc/nv_tegra_release'))
    return 'L4T {}.{}'.format(*match.groups()) if match else ''


def _processor() -> str:
    text = _read('/proc/cpuinfo')
    names = re.findall(r'^model name\s*:\s*(.+)$', text, re.MULTILINE)
    name = names[0] if names else platform.processor() or platform.machine()
    return f'{os.cpu_count()} x {name}'


def _memory() -> str:
    total_mb = _meminfo_mb('MemTotal')
    return '' if total_mb is None else f'{total_mb * MB / 1e9:.1f} GB'


def gpu() -> str:
    """Return NVIDIA's graphics cards and their driver, or '' where the driver shows none."""
    folder = '/proc/driver/nvidia/gpus'
    devices = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    models = [
        re.findall(r'^Model:\s*(.+)$', _read(os.path.join(folder, device, 'information')),
                   re.MULTILINE)
        for device in devices]
    cards = ', '.join(model[0].strip() for model in models if model)
    driver = re.search(r'Kernel Module.*?\s(\d+\.[\d.]+)\s', _read('/proc/driver/nvidia/version'))
    return f'{cards}, driver {driver.group(1)}' if cards and driver else cards


def load() -> float:
    """Return how many programs wanted to compute in the last minute, on average."""
    return os.getloadavg()[0]


def memory_of_this_process_mb() -> Dict[str, float]:
    """Return what this process takes: ``pss_mb`` and ``rss_mb`` [MB].

    Memory that is shared with other processes counts in part in the PSS, and whole in the RSS.
    What a driver holds for a GPU is in neither.
    """
    rss_mb = int(_read('/proc/self/statm').split()[1]) * os.sysconf('SC_PAGE_SIZE') / MB
    # The sum, where the kernel (from 4.14) has it.
    text = _read('/proc/self/smaps_rollup') or _read('/proc/self/smaps')
    pss_mb = sum(int(kb) for kb in re.findall(r'^Pss:\s*(\d+) kB', text, re.MULTILINE)) * 1024 / MB
    return {'pss_mb': pss_mb, 'rss_mb': rss_mb}


def available_memory_mb() -> Optional[float]:
    """Return the memory that new programs could have [MB]; on a Jetson the GPU's, too."""
    return _meminfo_mb('MemAvailable')


def _meminfo_mb(key: str) -> Optional[float]:
    match = re.search(rf'^{key}:\s*(\d+) kB', _read('/proc/meminfo'), re.MULTILINE)
    return None if match is None else int(match.group(1)) * 1024 / MB


def _read(path: str) -> str:
    """Return a text of the kernel's, or '' where this one has no such file."""
    if not os.path.isfile(path):
        return ''
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()
