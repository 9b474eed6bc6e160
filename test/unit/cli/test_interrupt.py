# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
import contextlib
import signal
import threading

import pytest

from ser_ros.cli.interrupt import Interrupt


def press_ctrl_c():
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)


def test_ctrl_c_that_was_lost_on_the_way_is_remembered():
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as interrupt:
        assert not interrupt.seen
        with contextlib.suppress(KeyboardInterrupt):  # as a callback of a library would
            press_ctrl_c()
        assert interrupt.seen
    assert signal.getsignal(signal.SIGINT) == before


def test_ctrl_c_still_interrupts():
    with pytest.raises(KeyboardInterrupt), Interrupt():
        press_ctrl_c()
