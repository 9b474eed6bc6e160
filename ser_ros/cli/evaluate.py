# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros evaluate``: measure a model on speakers it was never trained on."""

import contextlib
import json
from pathlib import Path

from ser_ros.cli.train import check_packages, make_folder
from ser_ros.errors import SerError
from ser_ros.inference import BACKEND_NAMES
from ser_ros.inference.model_file import PRECISIONS

PARTS = ('test', 'validation')


def add_parser(subparsers):
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'evaluate', help='measure a model on labelled clips',
        description='Measure a model file on speakers it was not trained on, and write a report '
        '(Markdown and JSON), the confusion matrices (PNG) and the scores of all clips (CSV).')
    parser.add_argument('model', metavar='NAME|PATH', help='model in models/, or a path')
    parser.add_argument('config', metavar='CONFIG.yaml',
                        help='that it was trained with: it lists the speakers')
    parser.add_argument('--data', required=True, metavar='FOLDER',
                        help='folder that holds a folder with a metadata.csv for each corpus')
    parser.add_argument('--part', choices=PARTS, default='test',
                        help='which speakers (default: test); choose nothing by test figures')
    parser.add_argument('--backend', choices=BACKEND_NAMES, default='auto')
    parser.add_argument('--precision', choices=PRECISIONS, default='fp32')
    parser.add_argument('--threads', type=int, default=1, help='CPU threads for one window')
    parser.add_argument('--output', default='runs/evaluation', metavar='FOLDER',
                        help='for the report (default: runs/evaluation)')
    parser.set_defaults(run=run)


def run(args) -> int:
    """Evaluate as the arguments say."""
    check_packages()
    from ser_ros.inference.classifier import open_classifier
    from ser_ros.training import config, data, plots, report
    from ser_ros.training.evaluate import evaluate, save_scores, window_scores
    from ser_ros.training.progress import Progress
    settings = config.load(args.config)
    clips = data.load_part(settings, Path(args.data), args.part)
    classifier = open_classifier(args.model, args.backend, args.precision, args.threads)
    with contextlib.closing(classifier):
        session = classifier.session
        if list(classifier.labels) != settings.labels:
            raise SerError('the model {} tells {} apart, the configuration {} {}'.format(
                session.info.name, ', '.join(classifier.labels), args.config,
                ', '.join(settings.labels)))
        output = make_folder(args.output)
        scores = list(Progress().track(window_scores(classifier, clips), 'clips', len(clips)))
    results = evaluate(clips, scores, classifier.labels)
    text = report.markdown(session.info, session.backend, args.part, clips, results)
    values = report.as_json(session.info, session.backend, args.part, results)
    (output / 'report.md').write_text(text, encoding='utf-8')
    (output / 'report.json').write_text(json.dumps(values, indent=2) + '\n', encoding='utf-8')
    save_scores(output / 'scores.csv', clips, scores, classifier.labels)
    for name, choices in results.items():
        plots.confusion(choices['all'].confusion, classifier.labels, name,
                        output / 'confusion_{}.png'.format(name))
    print(text)
    print('written to {}'.format(output))
    return 0
