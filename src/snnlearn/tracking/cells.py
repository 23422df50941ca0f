"""The finished results of one cell of a study, as they are logged."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from snnlearn.data import obtaining
from snnlearn.data.hashing import sha256_of_data
from snnlearn.data.origin import Origin
from snnlearn.experiments import Experiment
from snnlearn.settings.changes import Change, changes, name_of


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The files that a cell was simulated from.

    Attributes
    ----------
    dataset : Origin, optional
        The data set.
    dataset_sha256 : str, optional
        SHA-256 of the file of the data set that the simulation read.
    trained : mapping of int to mapping
        For each seed, the provenance of the trained parameters it used: ``sha256``, ``source``
        and ``origin``, which is ``trained`` where they were trained here.
    parameter_files : mapping of int to pathlib.Path
        For each seed, the file of these parameters, with the provenance beside it.
    histories : mapping of int to pandas.DataFrame
        For each seed that was trained here, ``loss`` and ``accuracy`` by ``epoch``.
    trainings : mapping of int to str
        For each seed that was trained here, the ``key`` under which :mod:`snnlearn.tracking.live`
        showed the training; what showed it is removed. It begins with the hash of all that decides
        a training.
    others : mapping of str to str
        SHA-256 of any other file that the simulation read, by its name.
    """

    dataset: Origin | None = None
    dataset_sha256: str | None = None
    trained: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    parameter_files: Mapping[int, Path] = field(default_factory=dict)
    histories: Mapping[int, pd.DataFrame] = field(default_factory=dict)
    trainings: Mapping[int, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FinishedCell:
    """The results of one cell of a study: an experiment with some parameters, over some seeds.

    Attributes
    ----------
    study : str
        Name of the study; an experiment's own runs are the study of its name.
    cell_name : str
        Name of the cell within the study.
    experiment : Experiment
        The experiment.
    parameters : mapping
        Its parameters.
    code_sha256 : str
        SHA-256 of the modules that its numbers come from.
    metrics : pandas.DataFrame
        Its part of the study's metrics: ``variant``, ``seed``, ``metric`` and ``value``.
    runs : sequence of pathlib.Path
        Its traces, a file for each batch of seeds; empty where none are kept.
    figures : sequence of pathlib.Path
        Its figures.
    captions : mapping of str to str
        What each figure shows.
    inputs : Inputs, optional
        The files it was simulated from.
    times : mapping of int to tuple of int
        For each seed, start and end of the job that simulated it, in ms since 1970 (UTC). The
        run of a seed that is not in it begins and ends with its logging.
    sources : mapping of int to mapping of str to int
        Where a seed only numbers the run, and each source of randomness has one of its own:
        these.
    """

    study: str
    cell_name: str = "base"
    experiment: Experiment[Any]
    parameters: Mapping[str, Any]
    code_sha256: str
    metrics: pd.DataFrame
    runs: Sequence[Path] = ()
    figures: Sequence[Path] = ()
    captions: Mapping[str, str] = field(default_factory=dict)
    inputs: Inputs | None = None
    times: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    sources: Mapping[int, Mapping[str, int]] = field(default_factory=dict)

    @property
    def variant(self) -> str:
        """What the results are of; the same for all seeds."""
        (variant,) = self.metrics["variant"].unique()
        return str(variant)

    @cached_property
    def seeds(self) -> list[int]:
        """All seeds, in their order."""
        return [int(seed) for seed in sorted(self.metrics["seed"].unique())]

    @cached_property
    def cell(self) -> str:
        """Identifies the parent run: a hash of all that decides the numbers, but the seed."""
        inputs = self.inputs or Inputs()
        # Parameters that were trained here follow from the key of their training and the seed.
        trained = {
            inputs.trainings.get(seed, "").partition("/")[0]
            if record["origin"] == "trained"
            else record["sha256"]
            for seed, record in inputs.trained.items()
        }
        deciding = {
            "experiment": self.experiment.name,
            "variant": self.variant,
            "parameters": self.parameters,
            "code": self.code_sha256,
            "dataset": inputs.dataset.sha256 if inputs.dataset else None,
            "trained parameters": sorted(trained),
            "other files": dict(inputs.others),
        }
        if self.sources:  # a mean over other runs than those of plain seeds
            deciding["sources"] = sorted({name for seed in self.sources.values() for name in seed})
        return sha256_of_data(deciding)

    def cell_of(self, seed: int) -> str:
        """Identifies the child run of one seed."""
        return sha256_of_data([self.cell, self.sources.get(seed, seed)])

    def changes(self) -> list[Change]:
        """How its parameters differ from the chapter's."""
        return changes(self.experiment.Parameters, self.parameters)

    def run_name(self) -> str:
        """What differs from the chapter."""
        name = name_of(self.changes())
        dataset = self.inputs.dataset if self.inputs else None
        told = obtaining.DataSettings().name, self.parameters.get("dataset")
        if dataset is not None and dataset.label not in told:
            name += f" on {dataset.label}"
        return f"{name}, each source of randomness by itself" if self.sources else name

    def span(self, seeds: Collection[int]) -> tuple[int, int] | tuple[None, None]:
        """When the first job of some seeds began and the last ended, in ms since 1970 (UTC)."""
        known = [self.times[seed] for seed in seeds if seed in self.times]
        if not known:
            return None, None
        return min(start for start, _ in known), max(end for _, end in known)
