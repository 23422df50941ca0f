"""Kinds of arguments: what the configuration allows for the same kind of quantity."""

import argparse
from collections.abc import Callable
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from snnlearn.settings.types import Count, Positive, Seed


def of_kind(kind: Any, name: str) -> Callable[[str], Any]:
    """A type for arguments.

    Parameters
    ----------
    kind : type
        Of :mod:`snnlearn.settings.types`.
    name : str
        What it is, in words.

    Returns
    -------
    callable
        Reads a text.
    """

    def parse(text: str) -> Any:
        try:
            return TypeAdapter(kind).validate_python(yaml.safe_load(text))
        except (ValidationError, yaml.YAMLError) as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not {name}") from error

    return parse


count = of_kind(Count, "a whole number of at least 1")
seed = of_kind(Seed, "a whole number from 0 to 2**31 - 1")
positive = of_kind(Positive, "a number greater than 0")
