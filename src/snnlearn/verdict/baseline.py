"""Compare a verdict with an earlier one."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from snnlearn.verdict.judging import NOT_TESTED, REPRODUCED


@dataclass(frozen=True)
class Loss:
    """A claim of the baseline that is no longer what it was there.

    Attributes
    ----------
    name : str
        The claim's name, with its experiment's.
    claim : str
        The claim in words.
    reason : str
        What happened to it.
    excused : bool
        Whether it could not be tested for a reason that says nothing against it.
    """

    name: str
    claim: str
    reason: str
    excused: bool = False


def losses(
    verdict: pd.DataFrame, baseline: pd.DataFrame, excuses: Collection[str] = ()
) -> list[Loss]:
    """Find the claims that were reproduced in the baseline and no longer are.

    Claims are the same that have the same name, whatever their words.

    Parameters
    ----------
    verdict, baseline : pandas.DataFrame
        Tables of :func:`snnlearn.verdict.judge`.
    excuses : collection of str
        Reasons for which a claim may stay untested, such as that MNIST is unavailable.

    Returns
    -------
    list of Loss
        Claims that were reproduced and are not, and claims of any verdict that are no longer
        there (removed or renamed), in the order of the baseline.
    """
    found = []
    now = verdict.set_index("name")
    for name, claim, before in zip(
        baseline["name"], baseline["claim"], baseline["verdict"], strict=True
    ):
        if name not in now.index:
            reason = f"there is no {name} in the verdict: was it removed or renamed?"
            found.append(Loss(name, claim, reason))
            continue
        verdict_now, reason = str(now["verdict"][name]), str(now["reason"][name])
        if before == REPRODUCED != verdict_now:
            excused = verdict_now == NOT_TESTED and reason in excuses
            words = str(now["claim"][name])
            found.append(Loss(name, words, f"{verdict_now}: {reason}", excused))
    return found
