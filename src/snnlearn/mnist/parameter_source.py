"""Provide the trained parameters of each seed: from a file, from an address, or by training."""

import logging
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from snnlearn.data import datasets
from snnlearn.data.downloading import download
from snnlearn.data.files import replacing
from snnlearn.data.hashing import sha256_of_file
from snnlearn.data.origin import Origin, beside, read_origin
from snnlearn.jobs import cores
from snnlearn.jobs.provenance import versions
from snnlearn.mnist import parameter_files
from snnlearn.mnist.parameter_files import ParameterFileError, Provenance
from snnlearn.mnist.settings import ParameterSource, Recipe
from snnlearn.mnist.training import HISTORY, train
from snnlearn.seeding import Seed
from snnlearn.settings.paths import SEED

logger = logging.getLogger(__name__)


def obtain(source: ParameterSource, seed: Seed, target: Path) -> None:
    """Get the file of parameters that is given for one seed, checked.

    Parameters
    ----------
    source : ParameterSource
        Its ``mode`` is ``pretrained`` or ``download``.
    seed : int or mapping
        The seed.
    target : pathlib.Path
        Where to put the file, and its provenance beside it.

    Raises
    ------
    ParameterFileError
        If the file is missing, has another hash or architecture, or a hash that is not known
        beforehand while ``accept_unverified`` is off.
    DownloadError
        If the address does not give it.
    """
    if source.mode == "download":
        fetched = target.with_name(f".{target.name}.download")
        download(source.download.url, fetched)
        try:
            verified = _checked(
                fetched, source.download.sha256, source, "download", source.download.url
            )
            _copy(fetched, target)
        finally:
            fetched.unlink()
        provenance = Provenance("downloaded", sha256_of_file(target), verified, source.download.url)
    else:
        path = Path(source.pretrained.of(seed))
        if not path.is_file():
            raise ParameterFileError(
                f"mnist.parameters.pretrained.file: there is no file {path}; "
                "name another one, or set mnist.parameters.mode to train or download"
            )
        known = parameter_files.known_provenance(path)
        theirs = known.details.get("seed", seed) if known else seed
        if SEED in source.pretrained.file and theirs != seed:
            raise ParameterFileError(
                f"mnist.parameters.pretrained.file: {path} should be of seed {seed}, and "
                f"{beside(path)} says that it was trained with seed {theirs}"
            )
        expected = source.pretrained.sha256 or (known.sha256 if known else None)
        verified = _checked(path, expected, source, "pretrained", str(path))
        _copy(path, target)
        provenance = Provenance(
            "pretrained",
            sha256_of_file(target),
            verified,
            str(path),
            known.details if known else {},
        )
    parameter_files.write_provenance(target, provenance)


def _copy(file: Path, target: Path) -> None:
    with replacing(target) as partial:
        shutil.copyfile(file, partial)


def _checked(
    path: Path, expected: str | None, source: ParameterSource, mode: str, name: str
) -> bool:
    """Check hash and architecture; tell whether the file could be verified."""
    key = f"mnist.parameters.{mode}.sha256"
    found = sha256_of_file(path)
    if expected is None and not source.accept_unverified:
        raise ParameterFileError(
            f"{name} cannot be verified: its SHA-256 is {found}, and none is known. "
            f"Set {key} to it if you trust the file, or mnist.parameters.accept_unverified to true."
        )
    if expected is not None and found != expected:
        raise ParameterFileError(
            f"{name} is not the expected file.\n"
            f"expected SHA-256: {expected}\nfound SHA-256:    {found}\n"
            f"Set {key} to the second only if you trust the file."
        )
    parameter_files.read(path)
    return expected is not None


def provide(
    recipe: Recipe,
    seed: Seed,
    dataset: Path,
    target: Path,
    *,
    threads: int | None = None,
    progress: Path | None = None,
) -> pd.DataFrame:
    """Provide the parameters of one seed: those that are given, or trained ones.

    A seed is trained where ``mode`` is ``train``, and where the data set is the
    stand-in: parameters that were trained on MNIST say nothing about other digits.

    Parameters
    ----------
    recipe : Recipe
        What decides them.
    seed : int or mapping
        Seed of the network and of the order of the training images.
    dataset : pathlib.Path
        The images; their origin stands beside them.
    target : pathlib.Path
        Where to put the parameters, and their provenance beside them.
    threads : int, optional
        TensorFlow's threads, where the recipe leaves them open (default: as many as there are
        cores; 1 where the last bits of the parameters depend on them).
    progress : pathlib.Path, optional
        Where a training tells how far it is, as :func:`training.train` says.

    Returns
    -------
    pandas.DataFrame
        The training history, as in :class:`snnlearn.mnist.training.Trained`;
        without rows where nothing was trained.
    """
    origin = read_origin(beside(dataset))
    if recipe.source.mode != "train":
        if not origin.stand_in:
            obtain(recipe.source, seed, target)
            others = parameter_files.read_provenance(target).trained_on_others(origin.sha256)
            if others:
                logger.warning(
                    "the parameters of seed %s were trained on %s, and the images are %s: the "
                    "variant of these results says so, and no claim is tested with them",
                    *(seed, others, origin.label),
                )
            return pd.DataFrame(columns=HISTORY)
        # Checked all the same, but aside: what a kill leaves must not look trained.
        with tempfile.TemporaryDirectory() as folder:
            obtain(recipe.source, seed, Path(folder, target.name))
    return train_to_file(
        recipe, seed, datasets.read(dataset), origin, target, threads=threads, progress=progress
    )


def train_to_file(
    recipe: Recipe,
    seed: Seed,
    images: datasets.Images,
    origin: Origin,
    target: Path,
    *,
    threads: int | None = None,
    progress: Path | None = None,
) -> pd.DataFrame:
    """Train one seed and write its parameters, with their provenance beside them.

    If that was begun before and killed, it goes on after the last whole epoch.

    Parameters
    ----------
    recipe : Recipe
        How to train.
    seed : int or mapping
        Seed of the network and of the order of the training images.
    images : datasets.Images
        The images.
    origin : Origin
        Where they come from.
    target : pathlib.Path
        The file to write.
    threads : int, optional
        TensorFlow's threads, where the recipe leaves them open (default: as many as there are
        cores; 1 where the last bits of the parameters depend on them).
    progress : pathlib.Path, optional
        Where the training tells how far it is, as :func:`training.train` says.

    Returns
    -------
    pandas.DataFrame
        The training history, as in :class:`snnlearn.mnist.training.Trained`.
    """
    training, threads = recipe.source.training, recipe.threads or threads
    if threads is None:
        threads = cores.available() if recipe.engine == "compiled" else 1
    checkpoint = target.with_name(f".{target.name.removesuffix('.npz')}.training.npz")
    trained = train(
        images.x_train[: training.images],
        images.y_train[: training.images],
        seed=seed,
        epochs=training.epochs,
        learning_rate=training.learning_rate,
        minibatch_size=training.minibatch_size,
        threads=threads,
        engine=recipe.engine,
        neurons=recipe.neurons,
        rates=training.rates,
        spikes=training.spikes,
        checkpoint=checkpoint,
        progress=progress,
    )
    sha256 = parameter_files.write(target, trained.parameters)
    details = {
        "dataset": {"name": origin.label, "sha256": origin.sha256},
        "seed": dict(seed) if isinstance(seed, Mapping) else seed,
        "training": asdict(training),
        "threads": threads,
        "engine": recipe.engine,
        **asdict(recipe.neurons),
        "history": trained.history.to_dict(orient="records"),
        "versions": versions(),
    }
    source = f"trained with seed {seed}"
    parameter_files.write_provenance(target, Provenance("trained", sha256, True, source, details))
    checkpoint.unlink(missing_ok=True)
    return trained.history
