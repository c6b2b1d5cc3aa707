"""The command line of training. A verb is a module of this folder with a function of its name, and a row in VERBS."""

from __future__ import annotations

import os

from hand_recon_ros.cli.answers import answering
from hand_recon_ros.cli.application import application
from hand_recon_train.cli.bench import bench
from hand_recon_train.cli.evaluate import compare, evaluate
from hand_recon_train.cli.export import export
from hand_recon_train.cli.fit import fit
from hand_recon_train.cli.inspect import inspect
from hand_recon_train.cli.prepare import prepare
from hand_recon_train.cli.program import PROGRAM
from hand_recon_train.cli.synth import synth

VERBS = (inspect, prepare, synth, evaluate, compare, export)
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def main() -> None:
    """Run `hand-recon-train`."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    app(prog_name=PROGRAM)


app = application(PROGRAM, "Data sets, training and evaluation of hand reconstruction.")
for verb in VERBS:
    app.command()(answering(verb, PROGRAM))
app.command(context_settings=PASSED_ON)(answering(fit, PROGRAM))
app.command(context_settings=PASSED_ON)(answering(bench, PROGRAM))
