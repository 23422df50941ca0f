"""The classifier over time: its ten read-outs of a digit, and how many images are right."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from snnlearn.explore.fragment import (
    BLUE,
    GREY,
    ORANGE,
    Control,
    Explorable,
    Follower,
    lay_out,
    rounded,
)
from snnlearn.mnist.evaluation import Evaluator
from snnlearn.mnist.network import N_CLASSES

#: Milliseconds for which images are shown; the chapter's presentation takes 30.
N_STEPS, CHAPTER_STEPS = 60, 30

#: Beside the first image of each class, so many more of those that are misread after 30 ms.
N_MISREAD = 2


def explorable(
    network: Evaluator, images: np.ndarray, labels: np.ndarray, n_steps: int = N_STEPS
) -> Explorable:
    """Show all test images to a trained network, and some of them to the reader.

    Parameters
    ----------
    network : Evaluator
        The trained network.
    images : numpy.ndarray, shape (n, 28, 28)
        Pixel values from 0 to 255.
    labels : numpy.ndarray of int, shape (n,)
        Their classes.
    n_steps : int
        For how many milliseconds they are shown.

    Returns
    -------
    Explorable
        The figure: the first image of each class, and two more that are misread after 30 ms.
    """
    readouts = network.readouts(images, n_steps)
    right = readouts.argmax(axis=2) == labels[:, np.newaxis]
    accuracy = 100 * right.mean(axis=0)
    in_the_end = right[:, min(CHAPTER_STEPS, n_steps) - 1]
    firsts = np.unique(labels, return_index=True)[1]
    misread = np.setdiff1d(np.flatnonzero(~in_the_end), firsts)[:N_MISREAD]
    chosen = [*firsts.tolist(), *misread.tolist()]
    shown = np.round(readouts[chosen].astype(float), 3)
    answers = readouts[chosen].argmax(axis=2)
    times = list(range(1, n_steps + 1))

    figure = make_subplots(
        rows=2,
        cols=2,
        specs=[[{}, {}], [{"colspan": 2}, None]],
        column_widths=[0.3, 0.7],
        horizontal_spacing=0.17,
        vertical_spacing=0.17,
    )
    pixels = images[chosen, ::-1].astype(int)
    picture = go.Heatmap(
        z=pixels[0].tolist(),
        zmin=0,
        zmax=255,
        colorscale=[[0, "white"], [1, "black"]],
        showscale=False,
        hoverinfo="skip",
    )
    figure.add_trace(picture, row=1, col=1)
    bars = go.Bar(
        x=list(range(N_CLASSES)),
        y=shown[0, 0].tolist(),
        marker={
            "color": [0] * N_CLASSES,
            "cmin": 0,
            "cmax": 2,
            "colorscale": [[0, GREY], [0.5, ORANGE], [1, BLUE]],
        },
        hovertemplate="class %{x}: %{y}<extra></extra>",
    )
    figure.add_trace(bars, row=1, col=2)
    line = {"color": BLUE, "width": 2}
    figure.add_trace(go.Scatter(x=times, y=rounded(accuracy, 2), line=line), row=2, col=1)
    marker = {"color": ORANGE, "size": 12}
    now = go.Scatter(x=times[:1], y=rounded(accuracy[:1], 2), mode="markers", marker=marker)
    figure.add_trace(now, row=2, col=1)
    lay_out(figure, 540)
    figure.update_layout(showlegend=False, margin={"t": 16})
    figure.update_xaxes(visible=False, constrain="domain", row=1, col=1)
    figure.update_yaxes(visible=False, scaleanchor="x", constrain="domain", row=1, col=1)
    figure.update_xaxes(title={"text": "Class", "standoff": 4}, dtick=1, row=1, col=2)
    lowest, highest = shown.min(axis=(0, 2)), np.maximum(shown.max(axis=(0, 2)), 0)
    room = 0.05 * (highest - lowest) + 1e-3
    ranges = rounded(np.column_stack([lowest - room, highest + room]))
    figure.update_yaxes(title="Read-out (1)", range=ranges[0], row=1, col=2)
    figure.update_xaxes(title="Time for which images are shown (ms)", row=2, col=1)
    figure.update_xaxes(type="log", tickvals=[1, 2, 5, 10, 20, 30, 60], row=2, col=1)
    figure.update_yaxes(title="Images right (%)", range=[0, 104], row=2, col=1)

    by = ("digit", "time")
    return Explorable(
        name="mnist",
        alternative="A handwritten digit beside bars of the classifier's ten read-outs; below, the "
        "share of all test images that are answered right over the time for which they are shown.",
        controls=[
            Control("digit", "Test image", _names(chosen, labels, in_the_end), 0, slider=False),
            Control("time", "Shown for", [f"{t} ms" for t in times], min(4, n_steps - 1)),
        ],
        figure=figure,
        followers=[
            Follower(("data", 0, "z"), ("digit",), pixels.tolist()),
            Follower(("data", 1, "y"), by, shown.tolist()),
            Follower(("data", 1, "marker", "color"), by, _signs(answers, labels[chosen])),
            Follower(("layout", "yaxis2", "range"), ("time",), ranges),
            Follower(("data", 3, "x"), ("time",), [[t] for t in times]),
            Follower(("data", 3, "y"), ("time",), [[share] for share in rounded(accuracy, 2)]),
        ],
        words=Follower((), by, _sentences(answers, labels[chosen], accuracy, len(images))),
    )


def _names(chosen: Sequence[int], labels: np.ndarray, in_the_end: np.ndarray) -> list[str]:
    return [
        f"{labels[image]} (number {image}{'' if in_the_end[image] else ', misread'})"
        for image in chosen
    ]


def _signs(answers: np.ndarray, labels: np.ndarray) -> list[list[list[int]]]:
    """Of each class 2 where it is the answer and right, 1 where it is wrong, and 0 elsewhere."""
    is_answer = answers[..., np.newaxis] == np.arange(N_CLASSES)
    right = (answers == labels[:, np.newaxis])[..., np.newaxis]
    return (is_answer * np.where(right, 2, 1)).tolist()


def _sentences(
    answers: np.ndarray, labels: np.ndarray, accuracy: np.ndarray, n_images: int
) -> list[list[str]]:
    return [
        [
            f"After {step} ms the largest read-out says {answer}, which is "
            f"{'right' if answer == label else f'wrong: it is a {label}'}. By then {share:.1f} % "
            f"of {n_images:,} test images are answered right."
            for step, (answer, share) in enumerate(zip(of_image, accuracy, strict=True), start=1)
        ]
        for of_image, label in zip(answers, labels, strict=True)
    ]
