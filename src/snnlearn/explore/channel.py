"""The channel at several learning rates: what it decodes, and how its error falls."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from snnlearn.experiments import channel
from snnlearn.explore import NothingToExploreError
from snnlearn.explore.fragment import (
    BLACK,
    BLUE,
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

#: Learning rates, on a logarithmic scale, after none at all.
RATES = (0.0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3)

#: Signals are of the first; errors are the root mean square over all.
SEEDS = range(20)

#: Seconds that a point stands for: of the signals, whose highest frequency is 5 Hz, and of errors.
SIGNAL_BLOCK, ERROR_BLOCK = 0.02, 0.25

#: What is marked on the axis of errors.
TICKS = tuple(float(f"{digit}e{power}") for power in range(-6, 7) for digit in (1, 3))


def of_run(parameters: channel.Parameters, seeds: Sequence[int]) -> Explorable:
    """The figure of a run: its own learning rate is among the others."""
    return explorable(parameters, sorted({*RATES, parameters.learning_rate}), seeds)


def explorable(
    parameters: channel.Parameters, rates: Sequence[float] = RATES, seeds: Sequence[int] = SEEDS
) -> Explorable:
    """Simulate the channel at each learning rate.

    Parameters
    ----------
    parameters : channel.Parameters
        What is the same at all of them.
    rates : sequence of float
        The learning rates.
    seeds : sequence of int
        Networks, inputs and initial functions. The signals shown are those of the first.

    Returns
    -------
    Explorable
        The figure. Signals are means over blocks of 20 ms, errors root mean squares over blocks of
        0.25 s and all seeds.

    Raises
    ------
    NothingToExploreError
        If errors do not fit on a logarithmic axis.
    """
    signal, error = (round(block / parameters.dt) for block in (SIGNAL_BLOCK, ERROR_BLOCK))
    posts, errors, sentences = [], [], []
    progress = Progress(logger)
    for place, rate in enumerate(rates):
        progress.tell(
            place / len(rates), "learning rate %g (%d of %d)", rate, place + 1, len(rates)
        )
        runs = list(channel.simulate(_with(parameters, rate), seeds))
        squares = np.mean([(run["post"] - run["pre"]).to_numpy() ** 2 for run in runs], axis=0)
        posts.append(rounded(block_means(runs[0]["post"].to_numpy(), signal)))
        errors.append(rounded(np.sqrt(block_means(squares, error)), 4))
        second = round(1 / parameters.dt)
        first, last = (
            float(np.sqrt(part.mean())) for part in (squares[:second], squares[-second:])
        )
        sentences.append(
            f"Learning rate {in_words(rate)}: the root mean square of the error over "
            f"{networks(len(seeds))} is {first:.2f} in the first second, and "
            f"{last:.3f} in the last."
        )
    if not np.isfinite(errors).all() or np.min(errors) <= 0:
        raise NothingToExploreError(
            f"errors reach from {np.min(errors):g} to {np.max(errors):g}, which no logarithmic "
            "axis shows: input or learning rate of this configuration are too small or too large"
        )
    pre = runs[0]["pre"].to_numpy()
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.09)
    times = middles(len(posts[0]), signal * parameters.dt)
    for name, y, colour in (
        ("sent (pre)", rounded(block_means(pre, signal)), BLACK),
        ("decoded (post)", posts[0], ORANGE),
    ):
        line = go.Scatter(x=times, y=y, name=name, line={"color": colour, "width": 1.3})
        figure.add_trace(line, row=1, col=1)
    figure.add_trace(
        go.Scatter(
            x=middles(len(errors[0]), error * parameters.dt),
            y=errors[0],
            name="error (RMS of post − pre)",
            line={"color": BLUE, "width": 2},
        ),
        row=2,
        col=1,
    )
    lay_out(figure, 520)
    figure.update_xaxes(range=[0, parameters.duration])
    figure.update_xaxes(title="Time (s)", row=2, col=1)
    reach = 0.1 * np.ceil(10 * max(np.abs(pre).max(), np.abs(posts).max()))
    figure.update_yaxes(title="Value (1)", range=[-reach, reach], row=1, col=1)
    low, high = 0.8 * np.min(errors), 1.25 * np.max(errors)
    figure.update_yaxes(
        title="RMS error (1)",
        type="log",
        range=rounded(np.log10([low, high])),
        tickvals=[tick for tick in TICKS if low <= tick <= high],
        row=2,
        col=1,
    )
    closest = int(np.argmin(np.abs(np.asarray(rates) - parameters.learning_rate)))
    return Explorable(
        name="channel",
        alternative="Above, the value that a channel of spiking neurons is sent and the value it "
        "decodes, over time; below, the error between them on a logarithmic axis.",
        controls=[Control("rate", "Learning rate", [in_words(rate) for rate in rates], closest)],
        figure=figure,
        followers=[
            Follower(("data", 1, "y"), ("rate",), posts),
            Follower(("data", 2, "y"), ("rate",), errors),
        ],
        words=Follower((), ("rate",), sentences),
        about="A channel starts from a random function and learns from its error to pass its input "
        "on. Move the learning rate to 0, then up, and see whether the orange line finds the black "
        f"one, and how soon. Signals are of seed {seeds[0]}, as means over {1000 * SIGNAL_BLOCK:g} "
        f"ms; errors are root mean squares over blocks of {ERROR_BLOCK:g} s and "
        f"{networks(len(seeds))}.",
    )


def in_words(rate: float) -> str:
    """A learning rate as a reader sees it."""
    if rate == 0:
        return "0 (no learning)"
    digits, _, power = f"{rate:.2e}".partition("e")
    superscript = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{float(digits):g} · 10{superscript}"


def _with(parameters: channel.Parameters, rate: float) -> channel.Parameters:
    return replace(parameters, learning_rate=rate, generalization_duration=0.0)
