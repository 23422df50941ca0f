"""The model of Rescorla and Wagner: what a stimulus comes to predict.

Each stimulus has an associative strength V. What is predicted in a trial is the sum of those of
the stimuli that are presented; each of these changes by ``α (λ - sum)``, where λ is what the
unconditioned stimulus supports, or 0 where it does not come. So stimuli compete for what is not
predicted yet. Here all stimuli are equally salient, and learn and forget at the same rate.

It is the delta rule (R. S. Sutton and A. G. Barto 1981), as PES is: a network that learns by PES
shows what the model shows, as far as stimuli share no neurons.

References
----------
R. A. Rescorla and A. R. Wagner (1972), "A theory of Pavlovian conditioning: variations in the
effectiveness of reinforcement and nonreinforcement", in *Classical Conditioning II*. (Not at hand.)
R. S. Sutton and A. G. Barto (1981), "Toward a modern theory of adaptive networks: expectation and
prediction", Psychological Review 88:135. (Not at hand.)
R. R. Miller, R. C. Barnet and N. J. Grahame (1995), "Assessment of the Rescorla-Wagner model",
Psychological Bulletin 117:363: what it explains and what not. (Not at hand.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from snnlearn.conditioning.designs import Trial

#: The phase of tests, in which nothing is learned.
TEST = "test"

#: How many trials of acquisition the model can be fitted to, at least.
FEWEST = 3


@dataclass(frozen=True)
class Model:
    """The model with its two numbers.

    Attributes
    ----------
    rate : float
        α, the share of what is not predicted yet that a trial adds, from 0 to 1.
    asymptote : float
        λ, the response that the unconditioned stimulus supports.
    """

    rate: float
    asymptote: float

    def reaching(self, response: float, trials: Sequence[Trial], stimuli: str) -> "Model":
        """The same model with the λ with which some stimuli evoke a response after some trials."""
        return replace(
            self, asymptote=response / replace(self, asymptote=1).response(trials, stimuli)
        )

    def strengths(self, trials: Sequence[Trial]) -> dict[str, float]:
        """The strength of each stimulus after some trials."""
        return self._after(trials).strengths

    def responses(self, trials: Sequence[Trial]) -> list[float]:
        """What is predicted in each of some trials, before it changes anything."""
        return self._after(trials).predicted

    def response(self, trials: Sequence[Trial], stimuli: str) -> float:
        """What some stimuli evoke after some trials."""
        strengths = self.strengths(trials)
        return sum(strengths.get(letter, 0.0) for letter in stimuli)

    def _after(self, trials: Sequence[Trial]) -> "_Learned":
        learned = _Learned()
        for trial in trials:
            predicted = sum(learned.strengths.get(letter, 0.0) for letter in trial.stimuli)
            learned.predicted.append(predicted)
            change = self.rate * (self.asymptote * trial.reinforced - predicted)
            for letter in trial.stimuli:
                learned.strengths[letter] = learned.strengths.get(letter, 0.0) + change
        return learned


@dataclass
class _Learned:
    """Strengths after the trials so far, and what was predicted in each of them."""

    strengths: dict[str, float] = field(default_factory=dict)
    predicted: list[float] = field(default_factory=list)


def fitted(responses: Sequence[float]) -> Model:
    """The model that comes nearest to the acquisition of one stimulus.

    Of n reinforced trials, that numbered k from 0 evokes ``λ (1 - (1 - α)^k)``. For each α, the
    best λ is that of linear least squares.

    Parameters
    ----------
    responses : sequence of float
        What each trial evoked, at least :data:`FEWEST`.

    Returns
    -------
    Model
        With α from 0 to 1. Where nothing was learned, both are those of noise.

    Raises
    ------
    ValueError
        If there are fewer trials.
    """
    if len(responses) < FEWEST:
        raise ValueError(f"{len(responses)} trials of acquisition are fewer than {FEWEST}")
    evoked = np.asarray(responses, float)
    number = np.arange(len(evoked))

    def curve(rate: float) -> np.ndarray:
        return 1 - (1 - rate) ** number

    def best(rate: float) -> float:
        shape = curve(rate)
        return float(evoked @ shape / (shape @ shape))

    def squares(rate: float) -> float:
        return float(np.sum(np.square(evoked - best(rate) * curve(rate))))

    rate = float(minimize_scalar(squares, bounds=(1e-4, 1), method="bounded").x)
    return Model(rate, best(rate))


def parts_of(traces: pd.DataFrame, design: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The trials of a design in which a network learns, and its tests.

    Parameters
    ----------
    traces : pandas.DataFrame
        One row per trial, with ``design``, ``phase`` (:data:`TEST` in tests), ``stimuli`` and
        ``cr``, the evoked response.
    design : str
        The design.

    Returns
    -------
    learning, tests : pandas.DataFrame
        Their rows.
    """
    of_design = traces[traces["design"] == design]
    tests = of_design["phase"] == TEST
    return of_design[~tests], of_design[tests]


def models_of(traces: pd.DataFrame, design: str, trials: Sequence[Trial]) -> tuple[Model, Model]:
    """The model of one run, fitted to acquisition alone.

    Parameters
    ----------
    traces : pandas.DataFrame
        The trials of one seed, as in :func:`parts_of`.
    design : str
        The design of acquisition: one stimulus, always reinforced.
    trials : sequence of Trial
        Its trials.

    Returns
    -------
    in_trials, in_tests : Model
        With the same rate. The first has the asymptote of the trials in which the network learns,
        and unlearns while the US does not come yet; the second that of tests, in which it does not.
    """
    learning, tests = parts_of(traces, design)
    in_trials, stimulus = fitted(learning["cr"].to_list()), trials[0].stimuli
    response = tests["cr"][tests["stimuli"] == stimulus].mean()
    return in_trials, in_trials.reaching(response, trials, stimulus)
