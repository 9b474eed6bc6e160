# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of the graph as plain values, for those who know no ROS; times in seconds."""

from typing import Any, Dict

from ser_ros.nodes.messages import Emotion, EndOfStream, Mitigation, SpeechFeatures
from ser_ros.nodes.stamps import to_s

STATES = {
    Emotion.STATE_NO_SPEECH: 'NO_SPEECH',
    Emotion.STATE_UNCERTAIN: 'UNCERTAIN',
    Emotion.STATE_EMOTION: 'EMOTION',
}
PHASES = {
    Mitigation.PHASE_STARTED: 'STARTED',
    Mitigation.PHASE_REPEATED: 'REPEATED',
    Mitigation.PHASE_RECOVERED: 'RECOVERED',
    Mitigation.PHASE_TIMED_OUT: 'TIMED_OUT',
    Mitigation.PHASE_ESCALATED: 'ESCALATED',
    Mitigation.PHASE_ABANDONED: 'ABANDONED',
    Mitigation.PHASE_ACKNOWLEDGED: 'ACKNOWLEDGED',
    Mitigation.PHASE_PAUSED: 'PAUSED',
    Mitigation.PHASE_STALE: 'STALE',
    Mitigation.PHASE_TIME_JUMPED: 'TIME_JUMPED',
    Mitigation.PHASE_STOPPED: 'STOPPED',
    Mitigation.PHASE_RESTARTED: 'RESTARTED',
}


def emotion_values(message: Emotion) -> Dict[str, Any]:
    """Return an Emotion as plain values."""
    return {
        'stamp_s': to_s(message.header.stamp),
        'window_start_s': to_s(message.window_start),
        'sequence': message.sequence,
        'state': STATES.get(message.state, str(message.state)),
        'label': message.label,
        'confidence': message.confidence,
        'labels': list(message.labels),
        'probabilities': list(message.probabilities),
        'raw_probabilities': list(message.raw_probabilities),
        'speech_probability': message.speech_probability,
        'valence': message.valence,
        'arousal': message.arousal,
        'frame_id': message.header.frame_id,
        'latency_s': message.latency_s,
        'model': f'{message.model_name} {message.model_version}',
        'backend': message.backend,
        'precision': message.precision,
    }


def mitigation_values(message: Mitigation) -> Dict[str, Any]:
    """Return a Mitigation as plain values."""
    return {
        'stamp_s': to_s(message.header.stamp),
        'phase': PHASES.get(message.phase, str(message.phase)),
        'episode': message.episode,
        'emotion': message.emotion,
        'confidence': message.confidence,
        'duration_s': message.duration_s,
        'strategy': message.strategy,
        'text': message.text,
        'language': message.language,
    }


def window_values(message: SpeechFeatures) -> Dict[str, Any]:
    """Return what SpeechFeatures says of a window, without the features, as plain values."""
    return {
        'stamp_s': to_s(message.header.stamp),
        'period_s': message.period_s,
        'level_dbfs': message.level_dbfs,
        'recent_speech_probability': message.recent_speech_probability,
        'lost_sound_s': message.lost_ms * 1e-3,
    }


def end_values(message: EndOfStream) -> Dict[str, Any]:
    """Return an EndOfStream as plain values."""
    return {
        'stamp_s': to_s(message.header.stamp),
        'source': message.source,
        'error': message.error,
    }
