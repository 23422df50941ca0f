"""Conditioning with a gate that closes sooner or later: which responses were learned by then."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from snnlearn.experiments import conditioning
from snnlearn.explore import NothingToExploreError
from snnlearn.explore.fragment import (
    BLACK,
    ORANGE,
    Control,
    Explorable,
    Follower,
    block_means,
    lay_out,
    middles,
    networks,
    rounded,
)
from snnlearn.jobs.progress import Progress

logger = logging.getLogger(__name__)

#: When the gate closes, in seconds. Later, not every pair is tested in the chapter's 15 s.
STOPS = tuple(np.arange(3, 11.5, 0.5).tolist())

#: Seconds for which the gate is open at least, and between two times at which it may close.
OPEN, BETWEEN = 1.0, 0.5

#: For how many pairs there is room, one panel each.
MOST_PAIRS = 8

#: Responses are of the first; what is evoked is a mean over all.
SEEDS = range(10)

#: Seconds that a point stands for; the probes have a time constant of 0.1 s.
BLOCK = 0.05


def of_run(parameters: conditioning.Parameters, seeds: Sequence[int]) -> Explorable:
    """The figure of a run, with the times of :func:`stops_of`."""
    return explorable(parameters, stops_of(parameters), seeds)


def stops_of(parameters: conditioning.Parameters) -> list[float]:
    """When the gate may close so that each pair is tested afterwards.

    Parameters
    ----------
    parameters : conditioning.Parameters
        Those of a run.

    Returns
    -------
    list of float
        Times in seconds, about as many as :data:`STOPS` at most, and that of the run where each
        pair is tested then.

    Raises
    ------
    NothingToExploreError
        If there are less than two, or more pairs than there is room for.
    """
    if parameters.dimensions > MOST_PAIRS:
        raise NothingToExploreError(
            f"there are {parameters.dimensions} pairs, and room for {MOST_PAIRS} panels"
        )
    first = parameters.learning_start + OPEN
    later = np.arange(first, parameters.duration, BETWEEN).tolist()
    later = later[:: max(1, round(len(later) / len(STOPS)))]
    tested = [
        stop
        for stop in sorted({*later, parameters.learning_stop})
        if _each_is_tested(replace(parameters, learning_stop=stop))
    ]
    if len(tested) < 2:
        raise NothingToExploreError(
            f"a run of {parameters.duration:g} s whose gate opens at {parameters.learning_start:g} "
            "s leaves no two times to close it, each before a whole trial of every pair"
        )
    return tested


def explorable(
    parameters: conditioning.Parameters,
    stops: Sequence[float] = STOPS,
    seeds: Sequence[int] = SEEDS,
) -> Explorable:
    """Simulate conditioning with each time at which the gate closes.

    Parameters
    ----------
    parameters : conditioning.Parameters
        What is the same at all of them.
    stops : sequence of float
        When learning ends, in seconds.
    seeds : sequence of int
        Networks. The responses shown are those of the first.

    Returns
    -------
    Explorable
        The figure. Responses are means over blocks of 50 ms.
    """
    steps, pairs = round(BLOCK / parameters.dt), range(1, parameters.dimensions + 1)
    responses, sentences = [], []
    progress = Progress(logger)
    for place, stop in enumerate(stops):
        progress.tell(place / len(stops), "gate until %g s (%d of %d)", stop, place + 1, len(stops))
        closing = replace(parameters, learning_stop=stop)
        runs = list(conditioning.simulate(closing, seeds))
        responses.append([_blocks(runs[0], f"cr_{k}", steps) for k in pairs])
        measured = pd.DataFrame(
            {name: metric.value for name, metric in conditioning.measure(run, closing).items()}
            for run in runs
        ).mean()
        shares = {k: round(measured[f"cr_peak_{k}"] / measured[f"ur_peak_{k}"], 2) for k in pairs}
        told = ", ".join(
            f"{share + 0.0:.2f} for pair {k}" if np.isfinite(share) else f"not defined for pair {k}"
            for k, share in shares.items()
        )
        sentences.append(
            f"The gate is open from {parameters.learning_start:g} s to {stop:g} s. Afterwards a CS "
            f"evokes this share of what its US evokes, mean over {networks(len(seeds))}: {told}."
        )
    unconditioned = [_blocks(runs[0], f"ur_{k}", steps) for k in pairs]
    figure = make_subplots(
        rows=len(pairs), cols=1, shared_xaxes=True, shared_yaxes="all", vertical_spacing=0.05
    )
    for k in pairs:
        for name, y, colour in (
            ("to the US (UR)", unconditioned[k - 1], BLACK),
            ("learned (CR)", responses[0][k - 1], ORANGE),
        ):
            line = go.Scatter(
                x=middles(len(y), steps * parameters.dt),
                y=y,
                name=name,
                showlegend=k == 1,
                line={"color": colour, "width": 1.5},
            )
            figure.add_trace(line, row=k, col=1)
    figure.add_vrect(
        x0=parameters.learning_start, x1=stops[0], fillcolor="#fbe3c8", layer="below", line_width=0
    )
    lay_out(figure, 110 + 150 * len(pairs))
    low, high = np.min(responses), max(np.max(responses), np.max(unconditioned))
    figure.update_xaxes(range=[0, parameters.duration])
    figure.update_xaxes(title="Time (s); shaded: the gate is open", row=len(pairs), col=1)
    for k in pairs:
        figure.update_yaxes(
            title=f"Response {k} (1)", range=rounded([low - 0.1, high + 0.1]), row=k, col=1
        )
    closest = int(np.argmin(np.abs(np.asarray(stops) - parameters.learning_stop)))
    return Explorable(
        name="conditioning",
        alternative="For each pair of stimuli, one panel over time: the response to the "
        "unconditioned stimulus, and the learned response to the conditioned one. A shaded region "
        "shows when the gate is open and the network learns.",
        controls=[
            Control("stop", "The gate closes at", [f"{stop:g} s" for stop in stops], closest)
        ],
        figure=figure,
        followers=[
            *(
                Follower(("data", 2 * k - 1, "y"), ("stop",), [of[k - 1] for of in responses])
                for k in pairs
            ),
            *(Follower(("layout", "shapes", k - 1, "x1"), ("stop",), list(stops)) for k in pairs),
        ],
        words=Follower((), ("stop",), sentences),
        about=f"Each pair of stimuli comes once in {len(pairs)} s, in turn, and the network learns "
        "while the gate is open (shaded). Let it close sooner or later, and see which pairs have a "
        f"learned response afterwards. Responses are of seed {seeds[0]}, as means over "
        f"{1000 * BLOCK:g} ms; shares are means over {networks(len(seeds))}.",
    )


def _each_is_tested(parameters: conditioning.Parameters) -> bool:
    return all(
        conditioning.trials_after_learning(parameters, k) for k in range(parameters.dimensions)
    )


def _blocks(run: pd.DataFrame, column: str, steps: int) -> list[float]:
    return rounded(block_means(run[column].to_numpy(), steps))
