"""The configuration: one model, made of the data classes it configures.

Each experiment's parameters are a part of it, so defaults, types, ranges and descriptions
stand in one place, from which validation, schema and reference are made.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from snnlearn.config.contract import check_contract, moved_keys
from snnlearn.config.errors import Checker, shown
from snnlearn.config.files import Key, document, with_text_keys
from snnlearn.config.model import Block, Config, General, Schedule
from snnlearn.config.studies import all_studies
from snnlearn.experiments import Experiment
from snnlearn.published import Slip, switches
from snnlearn.registry import registry


def load(
    raw: Mapping[str, Any],
    files: Sequence[Path] = (),
    command_line: Mapping[str, Any] = MappingProxyType({}),
    below: Key = (),
) -> Config:
    """Validate a configuration.

    Parameters
    ----------
    raw : mapping
        The merged configuration.
    files : sequence of pathlib.Path
        The files it was merged from, later ones overriding earlier ones; error messages name
        file and line.
    command_line : mapping
        The part of it that was given on the command line, as Snakemake reads it: all values
        within blocks and lists are texts.
    below : tuple of str
        The key under which it stands in ``files``.

    Returns
    -------
    Config
        With all defaults filled in.

    Raises
    ------
    ConfigError
        Listing everything that is wrong, at once.
    """
    documents = [document(file).below(below) for file in files]
    roots = [document.root for document in documents if document.root is not None]
    raw = _typed(with_text_keys(raw, roots), command_line)
    checker = Checker(raw, documents, command_line)
    experiments = registry()
    if moved := list(moved_keys(raw, experiments)):
        for key, remedy in moved:
            checker.add(key, remedy)
        checker.end()
    general = checker.check(
        General,
        {k: value for k, value in raw.items() if k not in experiments and value is not None},
        lambda key: key,
        [*(field.name for field in fields(General)), *experiments],
    )
    own: dict[str, Mapping[str, Any]] = {}
    blocks: dict[str, Block] = {}
    for name, experiment in experiments.items():
        block = {} if raw.get(name) is None else raw[name]
        if not isinstance(block, Mapping):
            checker.add((name,), f"{shown(block)} is not a block of keys")
            continue
        own[name], block = _block(experiment, block, raw.get("fidelity"), general, checker)
        if block is not None:
            blocks[name] = block
    checker.end()
    checker.images = _known_images(general, checker)
    for name, block in blocks.items():
        checker.check_images(block.parameters, (name, "dataset"))
    studies = all_studies(general, experiments, own, blocks, checker)
    checker.end()
    check_contract(list(experiments.values()), general.studies)
    return Config(general, blocks, studies)


def _block(
    experiment: Experiment[Any],
    given: Mapping[str, Any],
    fidelity: Any,
    general: General | None,
    checker: Checker,
) -> tuple[dict[str, Any], Block | None]:
    """An experiment's block: its parameters as they were given, and validated if they can be."""
    name, scheduling = experiment.name, [field.name for field in fields(Schedule)]
    known = [*(field.name for field in fields(experiment.Parameters)), *scheduling]
    own = {key: value for key, value in given.items() if key not in scheduling}
    own = _with_slips(own, switches(name), fidelity)
    shared = {key: value for key, value in given.items() if key in scheduling}

    def origin(key: Key) -> Key:
        return (name, *key)

    parameters = checker.check(experiment.Parameters, own, origin, known)
    schedule = checker.check(Schedule, shared, origin, known)
    if parameters is None or schedule is None or general is None:
        return own, None
    named = schedule.seeds or experiment.seeds or general.seeds
    per_job = schedule.seeds_per_job or experiment.seeds_per_job
    runs = not experiment.on_request or schedule.seeds is not None
    return own, Block(parameters, named or experiment.default_seeds, per_job, runs)


def _known_images(general: General, checker: Checker) -> list[str]:
    """The names of all data sets, no two of which may be the same."""
    known = [general.data.name]
    for number, data in enumerate(general.datasets):
        if data.name in known:
            checker.add(("datasets", str(number), "name"), f"two data sets are named {data.name}")
        known.append(data.name)
    return known


def _with_slips(block: dict[str, Any], slips: Iterable[Slip], fidelity: Any) -> dict[str, Any]:
    """A block in which every slip that is not set goes as ``fidelity`` says."""
    unset = {slip.switch for slip in slips if block.get(slip.switch) is None}
    turned_on = {
        slip.switch: slip.as_published
        for slip in slips
        if slip.switch in unset and slip.by_fidelity and fidelity == "as_published"
    }
    return {key: value for key, value in block.items() if key not in unset} | turned_on


def _typed(value: Any, given: Any) -> Any:
    """Read the whole numbers, flags and nulls among the texts of the command line."""
    if isinstance(value, Mapping) and isinstance(given, Mapping):
        return {key: _typed(inner, given.get(key)) for key, inner in value.items()}
    if value != given:  # that of a file, which says itself what is a number and what a text
        return value
    if isinstance(value, list):
        return [_typed(inner, inner) for inner in value]
    if isinstance(value, str):
        if re.fullmatch(r"-?\d{1,18}", value):
            return int(value)
        return {"true": True, "false": False, "null": None}.get(value.lower(), value)
    return value
