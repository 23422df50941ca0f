"""Conditioning with a gate that closes sooner or later: which responses were learned by then."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from snnlearn.experiments import conditioning
from snnlearn.explore.fragment import (
    BLACK,
    ORANGE,
    Control,
    Explorable,
    Follower,
    block_means,
    lay_out,
    middles,
    rounded,
)

#: When the gate closes, in seconds. Later, not every pair is tested in the chapter's 15 s.
STOPS = tuple(np.arange(3, 11.5, 0.5).tolist())

#: Responses are of the first; what is evoked is a mean over all.
SEEDS = range(10)

#: Seconds that a point stands for; the probes have a time constant of 0.1 s.
BLOCK = 0.05


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
    for stop in stops:
        closing = replace(parameters, learning_stop=stop)
        runs = list(conditioning.simulate(closing, seeds))
        responses.append([_blocks(runs[0], f"cr_{k}", steps) for k in pairs])
        measured = pd.DataFrame(
            {name: metric.value for name, metric in conditioning.measure(run, closing).items()}
            for run in runs
        ).mean()
        shares = {k: round(measured[f"cr_peak_{k}"] / measured[f"ur_peak_{k}"], 2) for k in pairs}
        told = ", ".join(f"{share + 0.0:.2f} for pair {k}" for k, share in shares.items())
        sentences.append(
            f"The gate is open from {parameters.learning_start:g} s to {stop:g} s. Afterwards a CS "
            f"evokes this share of what its US evokes, mean over {len(seeds)} networks: {told}."
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
                x=middles(len(y), BLOCK),
                y=y,
                name=name,
                showlegend=k == 1,
                line={"color": colour, "width": 1.5},
            )
            figure.add_trace(line, row=k, col=1)
    figure.add_vrect(
        x0=parameters.learning_start, x1=stops[0], fillcolor="#fbe3c8", layer="below", line_width=0
    )
    lay_out(figure, 560)
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
        alternative="For each of three pairs of stimuli, one panel over time: the response to the "
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
    )


def _blocks(run: pd.DataFrame, column: str, steps: int) -> list[float]:
    return rounded(block_means(run[column].to_numpy(), steps))
