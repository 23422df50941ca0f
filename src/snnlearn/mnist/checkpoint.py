"""Keep the state of a training after each epoch, so that a killed one goes on from there."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from snnlearn.data.files import replacing
from snnlearn.data.hashing import sha256_of_data
from snnlearn.data.npz import NpzError, read_npz

logger = logging.getLogger(__name__)


class Checkpoint:
    """One file with the values of all variables and the history so far.

    Parameters
    ----------
    path : pathlib.Path
        The file, an ``.npz``.
    settings : dict
        Plain data that decides what the epochs do; a file that was saved with others is not
        used.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self._path = path
        self._settings = sha256_of_data(settings)

    def save(self, variables: Sequence[Any], history: pd.DataFrame) -> None:
        """Replace the file, all at once: a kill leaves the old one or the new one."""
        arrays: dict[str, Any] = {"settings": np.array(self._settings)}
        arrays |= {f"variable_{n}": variable.numpy() for n, variable in enumerate(variables)}
        arrays |= {f"history_{name}": history[name].to_numpy() for name in history}
        with replacing(self._path) as partial, partial.open("wb") as file:
            np.savez(file, **arrays)

    def restore(self, variables: Sequence[Any], epochs: int) -> pd.DataFrame | None:
        """Put the variables where the file left them.

        Parameters
        ----------
        variables : sequence of tf.Variable
            Those that were saved.
        epochs : int
            How many epochs are wanted; a file of a longer training is not used.

        Returns
        -------
        pandas.DataFrame, optional
            The history until then; None where there is no file that can be used, and training
            begins anew.
        """
        if not self._path.is_file():
            return None
        try:
            saved = read_npz(self._path)
        except NpzError as error:
            logger.warning("%s: training begins anew", error)
            return None
        prefix = "history_"
        history = pd.DataFrame(
            {name.removeprefix(prefix): saved[name] for name in saved if name.startswith(prefix)}
        )
        if str(saved.get("settings")) != self._settings or len(history) > epochs:
            return None
        for number, variable in enumerate(variables):
            variable.assign(saved[f"variable_{number}"])
        return history
