"""Where Snakemake, Numba and others keep what they need not make again: the user's cache."""

import os
import sys
from pathlib import Path

import platformdirs

#: The variable by which all find it, and the folder that takes its place.
VARIABLE, INSTEAD = "XDG_CACHE_HOME", ".snakemake/cache"


def keep_here_if_needed() -> None:
    """Use a folder beside the results, and say so, where that of the user cannot be written.

    Snakemake would end with a traceback.
    """
    there = Path(platformdirs.user_cache_dir())
    # Path's own way to ask fails where nobody may look.
    existing = next(folder for folder in (there, *there.parents) if os.access(folder, os.F_OK))
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        here = Path(INSTEAD).absolute()
        print(f"{existing} cannot be written: {here} is used as cache", file=sys.stderr)
        os.environ[VARIABLE] = str(here)
