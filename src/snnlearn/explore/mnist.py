"""The classifier over time: its ten read-outs of a digit, and how many images are right."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from snnlearn.data import given
from snnlearn.experiments import mnist
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
from snnlearn.jobs.progress import Progress
from snnlearn.mnist import parameter_files
from snnlearn.mnist.evaluation import Evaluator
from snnlearn.mnist.network import N_CLASSES
from snnlearn.seeding import Seed

logger = logging.getLogger(__name__)

#: Milliseconds for which images are shown; the chapter's presentation takes 30.
N_STEPS, CHAPTER_STEPS = 60, 30

#: Beside the first image of each class, so many more of those that are misread in the end.
N_MISREAD = 2

#: How many places the slider has at most, and what is marked on the axis of times.
PLACES = 60
TICKS = (1, 2, 5, 10, 20, 30, 60, 100, 200, 500, 1000, 2000, 5000, 10_000)


def of_run(
    parameters: mnist.Parameters,
    seeds: Sequence[Seed],
    *,
    dataset: Path,
    trained_parameters: Sequence[Path],
) -> Explorable:
    """The figure of a run: its first network, its test images, and twice its presentation time.

    Parameters
    ----------
    parameters : mnist.Parameters
        Those of the run. Spikes are counted by the compiled engine, whose are NengoDL's.
    seeds : sequence of int
        Seeds of its networks.
    dataset : pathlib.Path
        The images, as :func:`snnlearn.experiments.mnist.simulate` takes them.
    trained_parameters : sequence of pathlib.Path
        The trained parameters of each seed.

    Returns
    -------
    Explorable
        The figure, which says what images and parameters are.
    """
    (images, origin), trained = given.read(dataset), trained_parameters[0]
    network = Evaluator(
        seeds[0], parameters.threads, parameters.neurons, parameters.readout_synapse
    )
    network.load(parameter_files.read(trained))
    of_each = parameter_files.read_provenance(trained).label_with(origin)
    return explorable(
        network,
        images.x_test[: parameters.test_images],
        images.y_test[: parameters.test_images].astype(int),
        2 * parameters.n_steps,
        parameters.n_steps,
        f"The network is that of seed {seeds[0]}; parameters and images: {of_each}.",
    )


def explorable(
    network: Evaluator,
    images: np.ndarray,
    labels: np.ndarray,
    n_steps: int = N_STEPS,
    end: int = CHAPTER_STEPS,
    about: str = "",
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
    end : int
        After how many milliseconds an image counts as misread.
    about : str
        What else there is to say of network and images.

    Returns
    -------
    Explorable
        The figure: the first image of each class, and two more that are misread.
    """
    progress = Progress(logger)
    readouts = network.readouts(
        images,
        n_steps,
        lambda done: progress.tell(done / len(images), "%d of %d images", done, len(images)),
    )
    steps = np.unique(np.linspace(0, n_steps - 1, PLACES).round().astype(int))
    times = (steps + 1).tolist()
    right = readouts.argmax(axis=2) == labels[:, np.newaxis]
    accuracy = 100 * right.mean(axis=0)[steps]
    in_the_end = right[:, min(end, n_steps) - 1]
    firsts = np.unique(labels, return_index=True)[1]
    misread = np.setdiff1d(np.flatnonzero(~in_the_end), firsts)[:N_MISREAD]
    chosen = [*firsts.tolist(), *misread.tolist()]
    shown = np.round(readouts[chosen][:, steps].astype(float), 3)
    answers = readouts[chosen][:, steps].argmax(axis=2)

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
    figure.update_xaxes(type="log", tickvals=[t for t in TICKS if t <= n_steps], row=2, col=1)
    figure.update_yaxes(title="Images right (%)", range=[0, 104], row=2, col=1)

    by = ("digit", "time")
    return Explorable(
        name="mnist",
        alternative="A handwritten digit beside bars of the classifier's ten read-outs; below, the "
        "share of all test images that are answered right over the time for which they are shown.",
        controls=[
            Control("digit", "Test image", _names(chosen, labels, in_the_end), 0, slider=False),
            Control("time", "Shown for", [f"{t} ms" for t in times], min(4, len(times) - 1)),
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
        words=Follower((), by, _sentences(times, answers, labels[chosen], accuracy, len(images))),
        about="Choose a test image, and how long it is shown. Bars are the classifier's ten "
        "read-outs, the largest of which is the answer: blue where it is right, orange where it is "
        "wrong. There are the first test image of each class and, if there are any, the first two "
        f"others that are misread after {min(end, n_steps)} ms. {about}",
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
    times: Sequence[int],
    answers: np.ndarray,
    labels: np.ndarray,
    accuracy: np.ndarray,
    n_images: int,
) -> list[list[str]]:
    return [
        [
            f"After {step} ms the largest read-out says {answer}, which is "
            f"{'right' if answer == label else f'wrong: it is a {label}'}. By then {share:.1f} % "
            f"of {n_images:,} test images are answered right."
            for step, answer, share in zip(times, of_image, accuracy, strict=True)
        ]
        for of_image, label in zip(answers, labels, strict=True)
    ]
