# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Corpora of emotional speech, as they are downloaded or listed in a CSV file."""

from ser_ros.corpora.catalogue import CATALOGUE, CorpusInfo
from ser_ros.corpora.labels import CORPORA, GENERIC, emotion_map
from ser_ros.corpora.reader import find_folders, read
from ser_ros.corpora.recording import Fault, Listing, Recording

__all__ = ['CATALOGUE', 'CORPORA', 'GENERIC', 'CorpusInfo', 'Fault', 'Listing', 'Recording',
           'emotion_map', 'find_folders', 'read']
