# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The names of the emotions.

A model's file lists its labels; these are the names that the models, data sets and
configuration files of this package use.
"""

EMOTIONS = ('happiness', 'anger', 'sadness', 'neutral', 'fear', 'disgust', 'surprise')

# The four that most corpora and most robots use.
MAIN_EMOTIONS = EMOTIONS[:4]

# The same emotions as hri_msgs/Expression names them (REP-155).
HRI_EXPRESSIONS = {
    'happiness': 'happy',
    'anger': 'angry',
    'sadness': 'sad',
    'neutral': 'neutral',
    'fear': 'scared',
    'disgust': 'disgusted',
    'surprise': 'surprised',
}
