"""What the classifier answered, and how its neurons fired, as figures show it."""

import numpy as np
import pandas as pd

from snnlearn.mnist.network import DT, N_CLASSES


def confusion_matrix(answers: pd.DataFrame) -> np.ndarray:
    """Count which class is taken for which.

    Parameters
    ----------
    answers : pandas.DataFrame
        One row an image, with its ``label`` and the ``predicted`` class.

    Returns
    -------
    numpy.ndarray of int, shape (classes, classes)
        Numbers of images: a row for each label, a column for each predicted class.
    """
    classes = range(N_CLASSES)
    table = pd.crosstab(answers["label"], answers["predicted"])
    return table.reindex(index=classes, columns=classes, fill_value=0).to_numpy()


def accuracy_over_time(traces: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Share of right answers at each time step.

    Parameters
    ----------
    traces : pandas.DataFrame
        Traces of one seed or several.
    by : list of str
        Columns to group by, such as ``["phase"]`` or ``["seed", "phase"]``.

    Returns
    -------
    pandas.DataFrame
        Columns ``by``, ``time`` in seconds and ``accuracy``.
    """
    right = traces.assign(accuracy=traces["label"] == traces["predicted"])
    return right.groupby([*by, "time"], observed=True)["accuracy"].mean().reset_index()


def right_at(right: np.ndarray, time: float) -> np.ndarray:
    """Which images are right at some time.

    Parameters
    ----------
    right : numpy.ndarray of float, shape (images, steps)
        1 where an image is right after a step, and 0 where it is not.
    time : float
        Seconds after the images came on.

    Returns
    -------
    numpy.ndarray of float, shape (images,)
        The column of that time; NaN where they are not shown for so long.
    """
    step = round(time / DT) - 1
    return right[:, step] if step < right.shape[1] else np.full(len(right), np.nan)


def changes(right: np.ndarray, otherwise: np.ndarray) -> dict[str, float]:
    """Count the images that are right one way and not the other.

    Parameters
    ----------
    right, otherwise : numpy.ndarray of float, shape (images,)
        1 where an image is right, and 0 where it is not; NaN where that is not known.

    Returns
    -------
    dict of str to float
        How many are right but ``otherwise`` not (``gained``), and the other way round (``lost``).
    """
    changed = right - otherwise
    return {"gained": np.maximum(changed, 0).sum(), "lost": np.maximum(-changed, 0).sum()}


def misread_shares(answers: pd.DataFrame) -> pd.DataFrame:
    """Share of each class's images that are misread: a row for each class, a column for each seed.

    NaN for a class of which there is no image.
    """
    wrong = answers.assign(misread=answers["label"] != answers["predicted"])
    by_seed = wrong.groupby(["label", "seed"])["misread"].mean().unstack("seed")
    return by_seed.reindex(range(N_CLASSES))


def rate_shares(rates: pd.Series, edges: np.ndarray) -> np.ndarray:
    """Share of all neurons in each bin of firing rates; silent ones are in none.

    Parameters
    ----------
    rates : pandas.Series
        Hertz; one number a neuron.
    edges : numpy.ndarray, shape (bins + 1,)
        Where bins begin and end, in hertz.

    Returns
    -------
    numpy.ndarray, shape (bins,)
        The shares.
    """
    counts, _ = np.histogram(rates[rates > 0], bins=edges)
    return counts / len(rates)
