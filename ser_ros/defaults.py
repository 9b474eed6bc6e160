# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The defaults of the graph's parameters; config/ser.yaml is where they are written."""

from typing import Any, Dict

from ser_ros import typed_yaml
from ser_ros.resources import share_path

NODES = ('audio_capture', 'feature_extraction', 'emotion_inference', 'mitigation_responder')


def load_defaults(node_name: str) -> Dict[str, Any]:
    """Return the parameters that config/ser.yaml gives the node of this name."""
    content = typed_yaml.read(share_path('config', 'ser.yaml'))
    return content['/**/' + node_name]['ros__parameters']
