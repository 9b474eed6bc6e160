# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tiny corpora to train and measure on; without torch nothing here is tried."""

from tiny_corpora import config_path, corpora, feature_cache, train_arguments  # noqa: F401
