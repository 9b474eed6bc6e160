# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the known corpora come from and under which terms; docs/data.md shows the same table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CorpusInfo:
    """What a user has to know before training on a corpus.

    Attributes:
        title, language, licence, source: as its makers say.
        example: path of a clip in the form in which it is downloaded.
    """

    title: str
    language: str
    licence: str
    source: str
    example: str


CATALOGUE = {
    'ravdess': CorpusInfo(
        'Ryerson Audio-Visual Database of Emotional Speech and Song, speech part', 'English',
        'CC BY-NC-SA 4.0', 'https://zenodo.org/records/1188976',
        'Actor_01/03-01-05-01-01-01-01.wav'),
    'nemo': CorpusInfo(
        'nEMO', 'Polish', 'CC BY-NC-SA 4.0', 'https://github.com/amu-cai/nEMO',
        'samples/EB0_anger_1.wav'),
    'emodb': CorpusInfo(
        'Berlin Database of Emotional Speech', 'German', 'CC0 1.0',
        'http://emodb.bilderbar.info', 'wav/03a01Fa.wav'),
    'crema-d': CorpusInfo(
        'Crowd-sourced Emotional Multimodal Actors Dataset', 'English', 'ODbL 1.0',
        'https://github.com/CheyneyComputerScience/CREMA-D',
        'AudioWAV/1001_DFA_ANG_XX.wav'),
    'tess': CorpusInfo(
        'Toronto emotional speech set', 'English', 'CC BY-NC-ND 4.0',
        'https://doi.org/10.5683/SP2/E8H2MF', 'OAF_back_angry.wav'),
    'savee': CorpusInfo(
        'Surrey Audio-Visual Expressed Emotion', 'English', 'research only, on request',
        'http://kahlan.eps.surrey.ac.uk/savee/', 'AudioData/DC/sa01.wav'),
    'esd': CorpusInfo(
        'Emotional Speech Dataset', 'English and Mandarin', 'research only, on request',
        'https://github.com/HLTSingapore/Emotional-Speech-Data',
        '0011/Angry/0011_000351.wav'),
    'aihub': CorpusInfo(
        "AI-Hub's emotional conversations (감정 분류를 위한 대화 음성 데이터셋)", 'Korean',
        "AI-Hub's terms, on request", 'https://aihub.or.kr/aihubdata/data/view.do?dataSetSn=263',
        '4차년도.csv, 4차년도/5e258fd1305bcf3ad153a6a4.wav'),
    'aihub-emotion': CorpusInfo(
        "AI-Hub's emotional speech (감정 음성 데이터셋), read by actors", 'Korean',
        "AI-Hub's terms, on request", 'https://aihub.or.kr/aihubdata/data/view.do?dataSetSn=637',
        'F0001/script.txt, F0001/wav_48000/F0001_000001.wav'),
}
