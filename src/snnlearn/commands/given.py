"""Read parameters that are given as ``KEY=VALUE``, and check them as a configuration is."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from snnlearn.config.errors import Checker, ConfigError
from snnlearn.config.fitting import disk_mb, memory_mb, too_large
from snnlearn.config.studies import known_keys
from snnlearn.experiments import Experiment
from snnlearn.studies import BASE, Cell, Study, with_changes


def parameters_of(experiment: Experiment[Any], given: Sequence[str]) -> Any:
    """The parameters of an experiment, with some values in place of the defaults.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    given : sequence of str
        Such as ``n_neurons=60``: a key, with dots between nested ones, and a value in YAML.

    Returns
    -------
    data class
        Its ``Parameters``.

    Raises
    ------
    ConfigError
        Listing everything that is wrong, at once.
    """
    texts, values, problems = {}, {}, []
    for entry in given:
        key, equals, text = entry.partition("=")
        if not equals or not key:
            problems.append(f"--set {entry}: give KEY=VALUE")
        elif key in texts:
            problems.append(f"--set {key}: is given twice; keep one")
        else:
            texts[key] = text
            try:
                values[key] = yaml.safe_load(text)
            except (yaml.YAMLError, ValueError, RecursionError):  # of a date, or too deep
                problems.append(f"--set {key}: {text!r} is no value in YAML")
    raw = with_changes({}, values)
    checker = Checker(raw, [], with_changes({}, texts), begin="--set ")
    known = known_keys(experiment.Parameters)
    parameters = checker.check(experiment.Parameters, raw, lambda key: key, known)
    if problems or checker.problems:
        raise ConfigError("\n".join([*problems, *checker.problems]))
    name = experiment.name
    study = Study(name, name, [Cell(name, name, BASE, parameters, {0: 0}, 1)])
    disk = disk_mb(Path(tempfile.gettempdir()))
    if found := too_large({name: study}, {name: experiment}, memory=memory_mb(), disk=disk):
        raise ConfigError("\n".join(f"{problem}: choose less" for problem in found))
    return parameters
