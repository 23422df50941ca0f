"""Where Snakemake, Numba and others keep what they need not make again: the user's cache."""

import os
import sys
from pathlib import Path

import platformdirs

from snnlearn.data.files import nearest_folder

#: The variable by which all find it, and the folder that takes its place.
VARIABLE, INSTEAD = "XDG_CACHE_HOME", ".snakemake/cache"


def keep_here_if_needed() -> None:
    """Use a folder beside the results, and say so, where that of the user cannot be written.

    Snakemake would end with a traceback.
    """
    existing = nearest_folder(Path(platformdirs.user_cache_dir()))
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        here = Path(INSTEAD).absolute()
        print(f"{existing} cannot be written: {here} is used as cache", file=sys.stderr)
        os.environ[VARIABLE] = str(here)
