"""Paths as a configuration holds them: with ``~`` and variables, which are filled in on use."""

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from snnlearn.settings.types import Text

#: What file systems take, in bytes: of a name, and of a whole path.
LONGEST_NAME, LONGEST_PATH = 255, 4095

#: In the name of a file, what stands for the seed.
SEED = "{seed}"


def expanded(path: str) -> Path:
    """A path in which ``~``, ``~user``, ``$NAME`` and ``${NAME}`` are filled in, where known."""
    filled_in = Path(os.path.expandvars(path))
    try:
        return filled_in.expanduser()
    except RuntimeError:  # there is no such user, or no home
        return filled_in


def usable(path: str) -> str:
    """The path as it is given.

    Raises
    ------
    ValueError
        If it names a variable or a user that there is not, or cannot be a path.
    """
    full = str(expanded(path))
    if unknown := re.search(r"\$(\w+|\{[^}]*\})", os.path.expandvars(path)):
        raise ValueError(
            f"{path!r}: there is no variable {unknown[1].strip('{}')} in the environment: "
            "set it, or give the path itself"
        )
    if full.startswith("~") and not re.match(r"~(/|$)", full):
        raise ValueError(f"{path!r}: there is no user {full[1:].partition('/')[0]!r} here")
    if not full.isprintable():
        raise ValueError(f"{path!r} has characters that cannot be printed: take them out")
    if re.search(r"[{}]", full.replace(SEED, "")):
        raise ValueError(f"{path!r} has braces, which Snakemake takes for wildcards: rename it")
    name = max(full.split("/"), key=len).encode()
    if len(name) > LONGEST_NAME or len(full.encode()) > LONGEST_PATH:
        raise ValueError("is too long for a path")
    return path


#: A file or a folder.
PathText = Annotated[Text, AfterValidator(usable)]
