# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Corpora of emotional speech, as they are downloaded or listed in a CSV file."""

from ser_ros.training.corpora.catalogue import CATALOGUE, CorpusInfo
from ser_ros.training.corpora.labels import CORPORA, GENERIC, emotion_map
from ser_ros.training.corpora.reader import find_folders, read
from ser_ros.training.corpora.recording import Listing, Recording

__all__ = ['CATALOGUE', 'CORPORA', 'GENERIC', 'CorpusInfo', 'Listing', 'Recording', 'emotion_map',
           'find_folders', 'read']
