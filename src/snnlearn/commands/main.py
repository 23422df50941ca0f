"""The command line ``snnlearn``: finds the command that is meant, and says what goes wrong.

A module of this package is a command if it is named in :data:`COMMANDS`. It has ``add_arguments``,
which takes a parser, ``run``, which takes what was parsed, and ``ERRORS``, those whose message is
all that a user needs. The others are not imported: help and lists are there at once.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import snnlearn

#: What each command does.
COMMANDS = {
    "list": "list the experiments",
    "show": "say what an experiment asks, takes, measures and draws",
    "run": "take a quick look at an experiment: simulate, measure, draw",
    "predict": "say which classes images show, with trained parameters",
    "compare": "hold two folders of results against each other, paired by seed",
}

#: What a shell makes of a program that Ctrl-C has ended.
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; errors in the input end it with one message and status 2.

    Parameters
    ----------
    arguments : sequence of str, optional
        What was given (default: to this process).
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    name = _parser().parse_args(given[:1]).command
    parser = argparse.ArgumentParser(prog=f"snnlearn {name}")
    try:
        command = import_module(f"snnlearn.commands.{name}")
    except ValueError as error:  # an experiment lacks something, whichever was asked for
        known = sys.modules.get("snnlearn.registry")
        if known is None or not isinstance(error, known.ExperimentError):
            raise
        parser.exit(2, f"{error}\n")
    parser.description = command.__doc__
    command.add_arguments(parser)
    parsed = parser.parse_args(given[1:])
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        command.run(parsed)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # what reads has seen enough, such as head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except command.ERRORS as error:
        missing = isinstance(error, FileNotFoundError) and error.filename
        parser.exit(2, f"{error.filename}: there is no such file\n" if missing else f"{error}\n")


def _parser() -> argparse.ArgumentParser:
    """The parser of the first word: each command has one for the rest."""
    parser = argparse.ArgumentParser(
        prog="snnlearn",
        description="Experiments with spiking neural networks that learn.",
        epilog="`snnlearn COMMAND --help` says what a command takes.",
    )
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, does in COMMANDS.items():
        commands.add_parser(name, help=does, add_help=False)
    return parser


class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"snnlearn {snnlearn.__version__}")
        parser.exit()
