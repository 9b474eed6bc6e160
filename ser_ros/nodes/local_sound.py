# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sounds that this node makes itself: each in a process of its own, so that none holds it up."""

import importlib.util
import os
import threading
from typing import Any, Mapping

from ser_ros.audio import synthesis
from ser_ros.child_process import ChildProcess
from ser_ros.errors import SerError, listed
from ser_ros.mitigation.actions.base import Outlets, Sound, Tune, Voice
from ser_ros.mitigation.config import MitigationConfig
from ser_ros.nodes.parameters import spec

# Not imported here: what it needs for sound would stay in the node's memory.
PLAYER = 'ser_ros.audio.player'
TOPIC = 'topic'
LOCAL = 'local'
PARAMETERS = (
    spec('tts', 'Who says the texts. topic: a node that follows tts_topic. local: this node as '
         'well, with espeak-ng.', choices=(TOPIC, LOCAL)),
    spec('sound_device', 'Loudspeaker for local sounds, by a part of its name or by its index. '
         'Empty: the default one.'),
    spec('sound_folder', 'Folder of the sound files that the action play may use. Empty: none.',
         is_path=bool),
)


class ChildSound(Sound):
    """A sound that another process makes. It ends with this process, and at once with `stop`."""

    def __init__(self, task: Mapping[str, Any]) -> None:
        self.failure = ''
        self._stopped = False
        self._child = ChildProcess(PLAYER, task).__enter__()
        self._thread = threading.Thread(target=self._follow, name='ser_ros sound', daemon=True)
        self._thread.start()

    def done(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        if not self.done():
            self._stopped = True
            self._child.kill()

    def _follow(self) -> None:
        failure = ''
        for message in self._child.messages():
            failure = message.get('error', failure)
        if self._child.exit_code and not failure:
            log = ' '.join(list(self._child.log)[-1:])
            failure = f'the process that makes the sound {self._child.end}: {log}'
        self._child.__exit__()
        if not self._stopped:
            self.failure = failure


class LocalSounds:
    """Make sounds as the parameters say.

    Args:
        values: of PARAMETERS, by name.

    Raises:
        SerError: something is missing that local sounds need.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._speaks = values['tts'] == LOCAL
        self._device = values['sound_device']
        self._folder = os.path.expanduser(values['sound_folder'])
        if self._speaks:
            synthesis.check()
        if self._folder and not os.path.isdir(self._folder):
            raise SerError(f'sound_folder {self._folder!r} is not a folder')
        if (self._speaks or self._folder) and importlib.util.find_spec('pyaudio') is None:
            raise SerError('local sounds need PyAudio, which is not installed; install '
                           'portaudio19-dev and then PyAudio (pip install PyAudio)')

    def serve(self, outlets: Outlets) -> None:
        """Let actions make sounds."""
        if self._speaks:
            outlets.speak = self._speak
        if self._folder:
            outlets.play = self._play

    def check(self, config: MitigationConfig) -> None:
        """Check that all sound files of a mitigation file are there.

        Raises:
            SerError: one is not; the text names it and its strategy.
        """
        for strategy in _strategies(config):
            for step in strategy.steps:
                for action in step.actions:
                    if action.kind == 'play':
                        try:
                            self._path(action.options.file)
                        except SerError as error:
                            raise SerError(f'{config.path}: strategies.{strategy.name}: play: '
                                           f'{error}') from error

    def _speak(self, text: str, voice: Voice) -> Sound:
        return ChildSound(dict(voice._asdict(), text=text, device=self._device))

    def _play(self, tune: Tune) -> Sound:
        task = tune._replace(file=self._path(tune.file))._asdict()
        return ChildSound(dict(task, device=self._device))

    def _path(self, file: str) -> str:
        """Return where a file is, after all links; SerError where that is not in the folder."""
        if not self._folder:
            raise SerError(f'the file is {file!r}, but the parameter sound_folder is empty')
        folder = os.path.realpath(self._folder)
        path = os.path.realpath(os.path.join(folder, file))
        if os.path.commonpath([folder, path]) != folder:
            raise SerError(f'{file!r} leads out of the folder {folder}')
        if not os.path.isfile(path):
            raise SerError(f'there is no file {file!r} in {folder}; available: '
                           f'{listed(sorted(os.listdir(folder))[:20])}')
        return path


def _strategies(config: MitigationConfig) -> Any:
    found = {strategy.name: strategy for strategies in config.responses.values()
             for strategy in strategies}
    found.update((strategy.name, strategy) for strategy in config.unclear)
    return found.values()
