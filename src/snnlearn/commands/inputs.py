"""Find what an experiment with the classifier takes: images, and trained parameters of each seed.

The workflow makes these files by rules of their own. Here they are put into a folder for one look,
in the same form; nothing is trained, and images are not downloaded.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from snnlearn.data import datasets, obtaining
from snnlearn.data.datasets import Images
from snnlearn.data.given import as_given
from snnlearn.data.origin import Origin, beside, write_origin
from snnlearn.experiments import Experiment, Files
from snnlearn.mnist import parameter_source
from snnlearn.mnist.settings import ParameterSource, Pretrained

#: What can be provided here.
KNOWN = {"dataset", "trained_parameters"}


class InputError(ValueError):
    """An experiment cannot have what it takes; the message says what to give or to run instead."""


def provided(
    experiment: Experiment[Any],
    parameters: Any,
    seeds: Sequence[int],
    folder: Path,
    *,
    images: Path | None = None,
    params: str | None = None,
) -> dict[str, Files]:
    """Put the inputs of an experiment into a folder.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    parameters : data class
        Its parameters, which say where trained parameters come from.
    seeds : sequence of int
        The seeds of the runs.
    folder : pathlib.Path
        Where the files go.
    images : pathlib.Path, optional
        The images; without it, the folders are searched that the configuration has by default.
    params : str, optional
        The file of trained parameters, with ``{seed}`` in its name where there are several.

    Returns
    -------
    dict of str to path or list of paths
        The files by the names of the inputs; empty where an experiment takes none.

    Raises
    ------
    InputError
        If it takes none and some are given, or takes what is not had without the workflow.
    """
    if not experiment.inputs:
        if images is not None or params is not None:
            raise InputError(
                f"{experiment.name} takes neither images nor trained parameters: "
                "leave --images and --params out"
            )
        return {}
    if unknown := sorted(set(experiment.inputs) - KNOWN):
        raise InputError(
            f"{experiment.name} takes {', '.join(unknown)}, which rules of the workflow make: "
            f"run `snakemake` with seeds for {experiment.name}"
        )
    if getattr(parameters, "dataset", None) is not None:
        raise InputError("dataset names images of a configuration: give their file with --images")
    source = _source(parameters.parameters, seeds, params)
    dataset = folder / "images.npz"
    found, origin = _images(images)
    datasets.write(dataset, found)
    write_origin(beside(dataset), origin)
    files = []
    for seed in seeds if "trained_parameters" in experiment.inputs else ():
        files.append(folder / f"parameters-{seed}.npz")
        parameter_source.obtain(source, seed, files[-1])
    return {"dataset": dataset, **({"trained_parameters": files} if files else {})}


def _images(path: Path | None) -> tuple[Images, Origin]:
    if path is not None:
        return as_given(path)
    at_hand, downloads = obtaining.DataSettings(urls=()), Path("resources/downloads")
    if not at_hand.candidates() and not (downloads / f"{at_hand.name}.npz").is_file():
        raise InputError(
            f"there are no images: {at_hand.sought} was looked for in {', '.join(at_hand.search)}. "
            "Give them with --images FILE.npz, or let `make reproduce` download MNIST"
        )
    return obtaining.obtain(at_hand, downloads)


def _source(source: ParameterSource, seeds: Sequence[int], params: str | None) -> ParameterSource:
    """Where the parameters of all seeds come from."""
    if params is not None:
        source = ParameterSource(pretrained=Pretrained(file=params), accept_unverified=True)
    if source.mode == "train":
        raise InputError(
            "nothing is trained here: let `python -m snnlearn.mnist train` write parameters and "
            "give them with --params FILE.npz, or run the workflow with parameters.mode: train"
        )
    if why := source.refused(seeds):
        raise InputError(f"trained parameters: {why}; `--params FILE.npz` gives others")
    missing = [file for seed in seeds for file in source.files(seed) if not Path(file).is_file()]
    if missing:
        raise InputError(
            f"trained parameters: there is no file {missing[0]}; `--params FILE.npz` gives others"
        )
    return source
