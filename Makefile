# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0

# Input of `make demo`: an audio file, `mic`, or nothing for synthetic speech.
AUDIO ?=
# The interpreter to make .venv with.
PYTHON ?= python3
export AUDIO PYTHON

SHELL := /bin/bash
ENV := source scripts/env.sh

.PHONY: help demo test test-py36 lint build clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo                 run the whole graph on synthetic speech'
	@echo 'make demo AUDIO=FILE      the same on an audio file'
	@echo 'make demo AUDIO=mic       the same on the default microphone'
	@echo 'make test                 run all tests'
	@echo 'make test-py36            run the tests of the runtime on Python 3.6, if there is one'
	@echo 'make lint                 check style, types, prose and the Dockerfiles'
	@echo 'make build                only set up .venv and build the package into install/'
	@echo 'make clean                remove build results (not .venv)'
	@echo 'PYTHON=/path/to/python3   interpreter for .venv instead of python3 (3.10 to 3.13)'
	@echo
	@echo 'A shell in which ser_ros and its nodes run: source scripts/env.sh'

build:
	@scripts/setup.sh run
	@scripts/build.sh

demo: build
	@scripts/demo.sh

test:
	@scripts/setup.sh test
	@scripts/build.sh
	@# More processes than cores: the tests of whole graphs mostly wait.
	@$(ENV) && pytest -n 4 --dist loadscope --cov --cov-report=term:skip-covered

# Python 3.6 is what the original Jetson Nano has.
test-py36:
	@scripts/test_py36.sh

lint:
	@scripts/setup.sh test
	@scripts/build.sh
	@$(ENV) && ruff check . && mypy && python scripts/check_prose.py && hadolint docker/Dockerfile.*

clean:
	rm -rf build install log
