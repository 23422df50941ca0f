"""Compute the explorable figures of the documentation, and write them: ``make explore``."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from snnlearn.data import datasets
from snnlearn.data.errors import DatasetError
from snnlearn.data.files import write_text
from snnlearn.experiments import channel as channel_experiment
from snnlearn.experiments import conditioning as conditioning_experiment
from snnlearn.explore import channel, conditioning, mnist
from snnlearn.explore.fragment import Explorable, fragment
from snnlearn.mnist import parameter_files
from snnlearn.mnist.evaluation import Evaluator
from snnlearn.mnist.parameter_files import ParameterFileError

#: What the network of the figure was trained to, which comes with the pipeline, and its seed.
TRAINED, SEED = Path("resources/pretrained/spiking-convnet-0.npz"), 0


def of_digits(data: Path, trained: Path = TRAINED, seed: int = SEED) -> Explorable:
    """Show the test images of a file to a trained network.

    Parameters
    ----------
    data : pathlib.Path
        Images in the layout of Keras's ``mnist.npz``, of which the test images are enough.
    trained : pathlib.Path
        Trained parameters in NengoDL's layout.
    seed : int
        Seed of the network.

    Returns
    -------
    Explorable
        The figure.
    """
    images = datasets.read_arrays(data, ("x_test", "y_test"))
    network = Evaluator(seed, threads=1, neurons=parameter_files.neurons_of(trained))
    network.load(parameter_files.read(trained))
    return mnist.explorable(network, images["x_test"], images["y_test"].astype(int))


def figures(data: Path) -> Mapping[str, Callable[[], Explorable]]:
    """What computes each figure of the documentation, by its name; all have the chapter's values.

    Parameters
    ----------
    data : pathlib.Path
        The images, as :func:`of_digits` takes them.

    Returns
    -------
    mapping of str to callable
        Each takes seconds.
    """
    return {
        "channel": lambda: channel.explorable(channel_experiment.Parameters()),
        "conditioning": lambda: conditioning.explorable(conditioning_experiment.Parameters()),
        "mnist": lambda: of_digits(data),
    }


def main() -> None:
    """Run the command line; errors in the input end it with a message and status 2."""
    parser = argparse.ArgumentParser(prog="python -m snnlearn.explore", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("docs/explore"), help="to write into")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("resources/mnist.npz"),
        help="images, layout of mnist.npz (default: resources/mnist.npz)",
    )
    parser.add_argument("names", nargs="*", help="of the figures (default: all)")
    arguments = parser.parse_args()
    known = figures(arguments.data)
    unknown = sorted({*arguments.names} - {*known})
    if unknown:
        parser.error(f"there is no figure {', '.join(unknown)}: choose from {', '.join(known)}")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or known:
        try:
            text = fragment(known[name]())
        except FileNotFoundError as error:
            parser.exit(2, f"{error}: docs/data.md says how to obtain the images, or use --data\n")
        except (DatasetError, ParameterFileError) as error:
            parser.exit(2, f"{error}\n")
        write_text(arguments.folder / f"{name}.html", text)
        print(f"{arguments.folder / name}.html: {len(text.encode()) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
