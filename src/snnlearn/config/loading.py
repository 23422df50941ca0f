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

from pydantic import TypeAdapter, ValidationError

from snnlearn.config.errors import ConfigError, Key, meaning, place, reason
from snnlearn.config.model import Block, Config, General, Schedule
from snnlearn.published import Slip, slips
from snnlearn.registry import registry


def load(
    raw: Mapping[str, Any],
    files: Sequence[Path] = (),
    command_line: Mapping[str, Any] = MappingProxyType({}),
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

    Returns
    -------
    Config
        With all defaults filled in.

    Raises
    ------
    ConfigError
        Listing everything that is wrong, at once.
    """
    raw = _typed(raw, command_line)
    problems: list[str] = []

    def check(model: type, data: Any, prefix: Key, known: Iterable[str]) -> Any:
        try:
            return TypeAdapter(model).validate_python({} if data is None else data)
        except ValidationError as error:
            for details in error.errors():
                key = prefix + tuple(str(part) for part in details["loc"] if part != "[key]")
                problems.append(
                    f"config: {'.'.join(key)}: {reason(details, known)}{place(key, raw, files)}"
                    f"{meaning(model, key[len(prefix) :])}"
                )
            return None

    experiments = registry()
    scheduling = [field.name for field in fields(Schedule)]
    general_keys = [field.name for field in fields(General)]
    general = check(
        General,
        {k: value for k, value in raw.items() if k not in experiments and value is not None},
        (),
        [*general_keys, *experiments],
    )
    blocks = {}
    for name, experiment in experiments.items():
        block = {} if raw.get(name) is None else raw[name]
        if not isinstance(block, Mapping):
            problems.append(
                f"config: {name}: {block!r} is not a block of keys{place((name,), raw, files)}"
            )
            continue
        known = [field.name for field in fields(experiment.Parameters)] + scheduling
        own = {key: value for key, value in block.items() if key not in scheduling}
        own = _with_slips(own, slips(name), raw.get("fidelity"))
        shared = {key: value for key, value in block.items() if key in scheduling}
        parameters = check(experiment.Parameters, own, (name,), known)
        schedule = check(Schedule, shared, (name,), known)
        if None not in (parameters, schedule, general):
            seeds = schedule.seeds or experiment.seeds or general.seeds
            per_job = schedule.seeds_per_job or experiment.seeds_per_job
            blocks[name] = Block(parameters, seeds, per_job)
    if problems:
        raise ConfigError("\n".join(problems))
    return Config(general, blocks)


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
        if re.fullmatch(r"-?\d+", value):
            return int(value)
        return {"true": True, "false": False, "null": None}.get(value.lower(), value)
    return value
