"""How verbs answer: one sentence for each failure, and an exit code."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer

P = ParamSpec("P")
R = TypeVar("R")

PROGRAM = "hand-recon"
DEBUG = "HAND_RECON_DEBUG"
"""Environment variable that asks for tracebacks."""
FAILED, INTERRUPTED = 1, 130
EXPECTED = (ValueError, OSError, RuntimeError, ImportError)
"""What the package raises with a sentence for people; anything else is a defect."""


def answering(verb: Callable[P, R], program: str = PROGRAM) -> Callable[P, R]:
    """The verb of a program with its errors turned into a sentence on stderr and exit code 1, and Ctrl-C into 130."""

    @functools.wraps(verb)
    def answered(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return verb(*args, **kwargs)
        except KeyboardInterrupt:
            complain("interrupted; what was finished is kept", program)
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            if hasattr(error, "exit_code"):  # typer's own: usage errors, and a verb's choice of code
                raise
            complain(error, program)
            raise typer.Exit(FAILED) from None

    return answered


def complain(problem: Exception | str, program: str = PROGRAM) -> None:
    """Say on stderr what is wrong, with the traceback where that is asked for."""
    if isinstance(problem, Exception) and os.environ.get(DEBUG):
        traceback.print_exception(problem)
    print(f"{program}: {_sentence(problem)}", file=sys.stderr)


def _sentence(problem: Exception | str) -> str:
    if isinstance(problem, OSError) and problem.strerror:
        place = f": {problem.filename}" if problem.filename else ""
        return f"{problem.strerror}{place}"
    if isinstance(problem, ModuleNotFoundError) and problem.name:
        return f"expected the Python package {problem.name}, it is not installed; see what docs/install.md says of it"
    if isinstance(problem, str) or (isinstance(problem, EXPECTED) and str(problem)):
        return " ".join(str(problem).split())
    return f"unexpected {type(problem).__name__}: {problem}; --debug before the verb shows where"
