"""What is recorded of the neurons of an ensemble, as tables."""

import nengo
import numpy as np
import pandas as pd
from nengo.builder import Model


def ensemble(network: nengo.Network, label: str) -> nengo.Ensemble:
    """The one ensemble of a network that has a label."""
    (found,) = (ensemble for ensemble in network.ensembles if ensemble.label == label)
    return found


def neurons(model: Model, name: str) -> pd.DataFrame:
    """Rows of the ``kind`` ``neuron``: ``ensemble``, ``neuron``, ``encoder``, ``intercept``."""
    built = model.params[ensemble(model.toplevel, name)]
    found = {"encoder": built.encoders[:, 0], "intercept": built.intercepts}
    numbers = np.arange(len(built.intercepts))
    return pd.DataFrame({"kind": "neuron", "ensemble": name, "neuron": numbers} | found)


def spikes(name: str, time: np.ndarray, recorded: np.ndarray) -> pd.DataFrame:
    """Rows of the ``kind`` ``spike``: ``ensemble``, ``neuron``, ``time`` in seconds.

    Parameters
    ----------
    name : str
        Name of the ensemble.
    time : numpy.ndarray, shape (steps,)
        Seconds.
    recorded : numpy.ndarray, shape (steps, neurons)
        Not 0 where a neuron fires.

    Returns
    -------
    pandas.DataFrame
        In the order of time.
    """
    steps, numbers = np.nonzero(recorded)
    return pd.DataFrame({"kind": "spike", "ensemble": name, "neuron": numbers, "time": time[steps]})
