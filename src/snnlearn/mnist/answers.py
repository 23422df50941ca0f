"""What the classifier answered, and how its neurons fired, as figures show it."""

import numpy as np
import pandas as pd

from snnlearn.mnist.network import N_CLASSES


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
