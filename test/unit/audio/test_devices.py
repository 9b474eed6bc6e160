# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Listing and choosing microphones."""

import sys

import pytest
from fake_pyaudio import FakePyAudio

from ser_ros.audio.devices import Device, choose, list_devices
from ser_ros.errors import SerError

DEVICES = [
    Device(0, 'HDA Intel PCH: ALC257 (hw:0,0)', 2, 44100, False),
    Device(3, 'USB PnP Sound Device: Audio (hw:1,0)', 1, 48000, False),
    Device(4, 'USB PnP Sound Device: Audio (hw:2,0)', 1, 48000, False),
    Device(7, 'pulse', 32, 44100, False),
    Device(8, 'pulse monitor', 32, 44100, True),
]


@pytest.mark.parametrize('spec, index', [
    ('', 8), ('mic', 8), ('0', 0), ('7', 7), ('hda intel', 0), ('ALC257', 0), ('hw:2', 4),
    ('pulse', 7), ('PULSE', 7), ('monitor', 8)])
def test_a_device_is_found(spec, index):
    assert choose(DEVICES, spec).index == index


@pytest.mark.parametrize('spec', ['2', '99', 'webcam', '-1'])
def test_a_missing_device_is_told_with_those_there_are(spec):
    with pytest.raises(SerError, match=f'no microphone matches .{spec}.*; available: 0 HDA.*; 8 '
                                       'pulse monitor'):
        choose(DEVICES, spec)


def test_an_ambiguous_name_is_told_with_what_it_matches():
    with pytest.raises(SerError, match="'usb'.*: 3 USB PnP.*; 4 USB PnP[^;]*$"):
        choose(DEVICES, 'usb')


def test_no_default_device_is_told_with_those_there_are():
    with pytest.raises(SerError, match='no default microphone.*0 HDA'):
        choose(DEVICES[:2], '')


@pytest.mark.parametrize('spec', ['', 'mic'])
def test_no_devices_at_all(spec):
    with pytest.raises(SerError, match='^no microphone was found'):
        choose([], spec)


@pytest.mark.parametrize('spec', ['0', 'usb'])
def test_a_missing_device_is_named_where_there_is_none_at_all(spec):
    with pytest.raises(SerError, match=f"^no microphone matches '{spec}': no microphone was"):
        choose([], spec)


def test_devices_without_inputs_are_left_out(monkeypatch):
    fake = FakePyAudio(['USB mic', 'webcam'], default=1)
    monkeypatch.setitem(sys.modules, 'pyaudio', fake)
    assert list_devices() == [
        Device(0, 'USB mic', 1, 48000, False), Device(1, 'webcam', 1, 48000, True)]
    assert fake.terminated.is_set()
    assert choose(list_devices(), 'webc').index == 1


def test_a_machine_without_a_default_device(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pyaudio', FakePyAudio(default=None))
    assert not list_devices()[0].is_default


def test_without_pyaudio_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pyaudio', None)
    with pytest.raises(SerError, match='portaudio19-dev'):
        list_devices()


def test_a_portaudio_that_does_not_start_is_told(monkeypatch):
    fake = FakePyAudio()

    def fail():
        raise OSError(-10000, 'PortAudio not initialized')
    monkeypatch.setattr(fake, 'PyAudio', fail)
    monkeypatch.setitem(sys.modules, 'pyaudio', fake)
    with pytest.raises(SerError, match='cannot be started: PortAudio not initialized'):
        list_devices()
