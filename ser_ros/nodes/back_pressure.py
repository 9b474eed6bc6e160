# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A file is played only as fast as the slowest node of the graph follows."""

import threading
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set

from rclpy.impl.rcutils_logger import RcutilsLogger

from ser_ros.audio.format import NS_PER_S
from ser_ros.nodes.messages import AudioProgress
from ser_ros.nodes.stamps import to_ns

# The sound that may be under way is little, and so are the windows: together they fit into the
# shortest queue of the graph, that of Emotion, at the shortest period of 0.1 s.
MAX_AHEAD_NS = 6 * NS_PER_S // 10
MAX_WINDOWS = 4
# A node that does not come on for this time is not waited for any more.
PATIENCE_S = 30
# Names that anybody makes up are not kept without end.
_MOST_NODES = 32


class _Node(NamedTuple):
    """How far a node has come; one without a stamp takes in windows only."""

    stamp_ns: Optional[int]
    windows: int


class BackPressure:
    """Know whether the nodes keep up with the sound of a file.

    The executor calls `hear` and `look`, the thread that plays the file calls the rest.
    """

    def __init__(self, names: Callable[[], Sequence[str]], log: RcutilsLogger):
        """Wait for nobody yet.

        Args:
            names: returns the full names of the nodes that report their progress, or will.
            log: gets a line when a node is not waited for any more, and when it is again.
        """
        self._names = names
        self._log = log
        self._lock = threading.Lock()
        self._nodes: Dict[str, _Node] = {}
        # How often `look` has found that the file waits for a node, since it was heard.
        self._looks: Dict[str, int] = {}
        self._given_up: Set[str] = set()
        self._position_ns: Optional[int] = None
        self._began = False
        #: Names of the nodes that the file waits for at present.
        self.awaited: List[str] = []

    def hear(self, message: AudioProgress) -> None:
        """Take in how far a node has come."""
        name = message.node
        with self._lock:
            if name not in self._nodes and len(self._nodes) >= _MOST_NODES:
                return
            before, node = self._nodes.get(name), self._progress(message)
            self._nodes[name] = node
            if message.begins and message.hears_sound:
                self._forget_windows(node.windows)
            if before != node:  # to say the same again is no progress
                self._looks.pop(name, None)
            self._began = self._began or (message.begins and message.hears_sound)
            returns = name in self._given_up and not self._is_behind(
                name, MAX_AHEAD_NS, MAX_WINDOWS)
            if returns:
                self._given_up.discard(name)
        if returns:
            self._log.info(f'{name} follows the file again')

    def _progress(self, message: AudioProgress) -> _Node:
        stamp_ns = to_ns(message.header.stamp) if message.hears_sound else None
        windows = message.windows
        if message.begins and not message.hears_sound:  # earlier windows are none of its business
            windows = self._made
        if stamp_ns is not None and self._position_ns is not None and (
                message.begins or stamp_ns > self._position_ns):  # or it is of an earlier file
            stamp_ns = self._position_ns
        return _Node(stamp_ns, windows)

    def _forget_windows(self, made: int) -> None:
        """Expect of nobody the windows that were made before this."""
        self._nodes = {
            name: node if node.stamp_ns is not None else node._replace(
                windows=max(made, node.windows)) for name, node in self._nodes.items()}

    @property
    def _made(self) -> int:
        """Number of windows that were made, by who hears the sound."""
        return max((node.windows for node in self._nodes.values() if node.stamp_ns is not None),
                   default=0)

    def _is_behind(self, name: str, ahead_ns: int, windows: int) -> bool:
        node = self._nodes[name]
        if node.stamp_ns is None:
            return node.windows + windows < self._made
        return self._position_ns is not None and node.stamp_ns + ahead_ns < self._position_ns

    @property
    def known(self) -> List[str]:
        """Names of the nodes that the file waits for when they are behind."""
        with self._lock:
            return sorted(set(self._nodes) - self._given_up)

    def is_complete(self) -> bool:
        """Return whether every node that reports its progress has been heard from."""
        names = list(dict.fromkeys(self._names()))
        with self._lock:
            return self._wait_for(name for name in names if name not in self._nodes)

    def keeps_up(self, position_ns: int) -> bool:
        """Return whether the sound up to this time may be played.

        Args:
            position_ns: end of the next chunk, by its stamp.
        """
        with self._lock:
            if self._position_ns is None:
                self._nodes = {
                    name: node if node.stamp_ns is None else node._replace(stamp_ns=position_ns)
                    for name, node in self._nodes.items()}
            self._position_ns = position_ns
            return self._wait_for(name for name in self._nodes
                                  if self._is_behind(name, MAX_AHEAD_NS, MAX_WINDOWS))

    def is_done(self) -> bool:
        """Return whether all nodes are done with all sound that was played."""
        with self._lock:
            return self._wait_for(name for name in self._nodes
                                  if self._is_behind(name, MAX_AHEAD_NS // 2, 0))

    def _wait_for(self, names: Iterable[str]) -> bool:
        self.awaited = [name for name in names if name not in self._given_up]
        return not self.awaited

    def take_begin(self) -> bool:
        """Return whether a node has begun to listen to the sound since this was last asked."""
        with self._lock:
            began, self._began = self._began, False
            return began

    def look(self) -> None:
        """Lose patience; to be called once a second by the executor.

        The calls count, not the time: while the executor is blocked, nothing can be heard.
        """
        with self._lock:
            self._looks = {name: self._looks.get(name, 0) + 1 for name in self.awaited}
            late = [name for name, looks in self._looks.items() if looks >= PATIENCE_S]
            self._given_up.update(late)
        for name in late:
            self._log.warning(
                f'{name} has not followed the file for {PATIENCE_S} s, so the file goes on without '
                'it and may lose sound there. Does the node run, and is it active?')
