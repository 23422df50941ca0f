"""Which spikes of the communication channel are drawn, and in which order."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

#: How long each of the stretches is in which spikes are drawn, seconds.
STRETCH = 0.3

#: Where within the time of learning the second of them begins: the error has then fallen, at its
#: decay rate of about 1/s and in 10 s, to a third.
DURING = 0.1


def stretches(time: np.ndarray, learning: np.ndarray) -> dict[str, tuple[float, float]]:
    """Choose the stretches of time in which spikes are drawn.

    Parameters
    ----------
    time : numpy.ndarray, shape (steps,)
        Seconds; the simulation begins at 0.
    learning : numpy.ndarray of bool, shape (steps,)
        Whether the channel learns.

    Returns
    -------
    dict of str to (float, float)
        Beginning and end of each in seconds, by their names: at the start of learning, a tenth
        of the way through it, and at the end of the simulation.
    """
    learned = time[learning][-1] if learning.any() else time[-1]
    during = max(STRETCH, DURING * learned)
    last = "end of learning" if learning[-1] else "after learning"
    starts = {"start of learning": 0.0, "during learning": during, last: time[-1] - STRETCH}
    return {name: (start, start + STRETCH) for name, start in starts.items()}


def sorted_by_threshold(neurons: pd.DataFrame) -> pd.DataFrame:
    """Sort neurons by the value at which they begin to fire, first those with the encoder -1.

    Parameters
    ----------
    neurons : pandas.DataFrame
        Columns ``neuron``, ``encoder`` and ``intercept``.

    Returns
    -------
    pandas.DataFrame
        The same, with the value as ``threshold`` in addition.
    """
    threshold = neurons["encoder"] * neurons["intercept"]
    return neurons.assign(threshold=threshold).sort_values(["encoder", "threshold"])


def draw_raster(axes: Axes, neurons: pd.DataFrame, spikes: pd.DataFrame, color: object) -> None:
    """Draw a mark for each spike, in the order of the neurons given, and name their encoders."""
    row = pd.Series(np.arange(len(neurons)), index=neurons["neuron"])
    axes.plot(
        spikes["time"],
        spikes["neuron"].map(row),
        color=color,
        marker="|",
        markersize=2,
        markeredgewidth=0.5,
        linestyle="none",
    )
    encoders = neurons["encoder"].to_numpy()
    groups = {sign: np.flatnonzero(encoders == sign) for sign in np.unique(encoders)}
    axes.set_yticks(
        [rows.mean() for rows in groups.values()],
        ["e = −1" if sign < 0 else "e = +1" for sign in groups],
    )
    axes.tick_params(left=False)
    for rows in groups.values():
        if rows[0] > 0:
            axes.axhline(rows[0] - 0.5, color="0.6", linewidth=0.5)
    axes.set_ylim(-1, len(neurons))
