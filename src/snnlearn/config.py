"""The configuration: one model, made of the data classes it configures.

Each experiment's parameters are a part of it, so defaults, types, ranges and descriptions
stand in one place, from which validation, schema and reference are made.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as validated

from snnlearn.datasets import Settings as Data
from snnlearn.experiment import Slip, registry
from snnlearn.figures import Settings as Figures
from snnlearn.hashing import sha256_of_data
from snnlearn.quantities import STRICT, Count, Flag, Seeds, Text
from snnlearn.variance import EXPERIMENTS as VARIED
from snnlearn.variance.channel import Settings as ChannelVariance
from snnlearn.variance.mnist import Settings as MnistVariance

Key = tuple[str, ...]


class ConfigError(ValueError):
    """All that is wrong with a configuration, a line each: file, key, reason and remedy."""


@validated(frozen=True, config=STRICT)
class Tracking:
    """Where runs are logged with MLflow.

    Attributes
    ----------
    enabled : bool
        Whether runs are logged at all.
    uri : str
        MLflow's tracking address; the default is an SQLite file in the results.
    experiment_prefix : str
        MLflow experiments are named ``<prefix>/<experiment>``.
    max_points : int
        Time series are thinned to at most so many points per metric and seed.
    """

    enabled: Flag = True
    uri: Text = "sqlite:///results/mlflow.db"
    experiment_prefix: Text = "snnlearn"
    max_points: Count = 100


@validated(frozen=True, config=STRICT)
class Variance:
    """How much is run to find which source of randomness makes runs differ.

    Attributes
    ----------
    channel : ChannelVariance
        Of the communication channel.
    mnist : MnistVariance
        Of the classifier.
    """

    channel: ChannelVariance = ChannelVariance()
    mnist: MnistVariance = MnistVariance()


@validated(frozen=True, config=STRICT)
class General:
    """The top level, beside the blocks of the experiments.

    Attributes
    ----------
    seeds : int or list of int
        Seeds of every experiment that names none of its own: their number, or a list.
    fidelity : str
        ``corrected``: slips of the chapter's code that its text does not mean are mended.
        ``as_published``: they are left as they are. Each slip is a parameter too, and goes its
        own way where that is set.
    variance : Variance
        The decomposition of the variance between runs.
    data : Data
        The images of the classifier.
    tracking : Tracking
        Logging with MLflow.
    figures : Figures
        Look of the figures.
    """

    seeds: Seeds = tuple(range(20))
    fidelity: Literal["corrected", "as_published"] = "corrected"
    variance: Variance = Variance()
    data: Data = Data()
    tracking: Tracking = Tracking()
    figures: Figures = Figures()


@validated(frozen=True, config=STRICT)
class Schedule:
    """What every experiment's block may hold beside its parameters.

    Attributes
    ----------
    seeds : int or list of int, optional
        Seeds of this experiment, instead of the top level's.
    seeds_per_job : int, optional
        How many seeds one job simulates.
    """

    seeds: Seeds | None = None
    seeds_per_job: Count | None = None


@dataclass(frozen=True)
class Block:
    """A validated experiment block.

    Attributes
    ----------
    parameters : data class
        The experiment's ``Parameters``.
    seeds : tuple of int
        The seeds to simulate.
    seeds_per_job : int
        How many of them one job simulates.
    """

    parameters: Any
    seeds: tuple[int, ...]
    seeds_per_job: int

    def batches(self) -> dict[int, list[int]]:
        """Seeds of each batch: batch k holds those from k n to (k + 1) n - 1.

        So a seed is always in the same batch, and more seeds only add batches.
        """
        batches: dict[int, list[int]] = {}
        for seed in sorted(self.seeds):
            batches.setdefault(seed // self.seeds_per_job, []).append(seed)
        return batches


@dataclass(frozen=True)
class Config:
    """A validated configuration.

    Attributes
    ----------
    general : General
        The top level.
    blocks : dict of str to Block
        One block an experiment.
    """

    general: General
    blocks: dict[str, Block]

    def plain(self) -> dict[str, Any]:
        """All keys with their values, defaults included, as plain data."""
        blocks = {
            name: {"seeds": sorted(block.seeds)} | plain(block.parameters)
            for name, block in self.blocks.items()
        }
        return plain(self.general) | {"seeds": sorted(self.general.seeds)} | blocks

    def varied(self) -> list[str]:
        """The experiments whose variance is to be decomposed."""
        return [name for name in VARIED if self.variance_of(name).blocks > 0]

    def variance_of(self, experiment: str) -> Any:
        """What is run to decompose the variance of an experiment."""
        return getattr(self.general.variance, experiment)

    def sha256(self) -> str:
        """SHA-256 of all that decides the results: not of figures and tracking."""
        deciding = {k: v for k, v in self.plain().items() if k not in ("figures", "tracking")}
        return sha256_of_data(deciding)


def plain(settings: Any) -> dict[str, Any]:
    """A validated data class as plain data: dicts, lists, numbers and strings."""
    data: dict[str, Any] = TypeAdapter(type(settings)).dump_python(settings, mode="json")
    return data


def load(raw: Mapping[str, Any], files: Sequence[Path] = ()) -> Config:
    """Validate a configuration.

    Parameters
    ----------
    raw : mapping
        The merged configuration.
    files : sequence of pathlib.Path
        The files it was merged from, later ones overriding earlier ones; error messages name
        file and line.

    Returns
    -------
    Config
        With all defaults filled in.

    Raises
    ------
    ConfigError
        Listing everything that is wrong, at once.
    """
    problems: list[str] = []

    def check(model: type, data: Any, prefix: Key, known: Iterable[str]) -> Any:
        try:
            return TypeAdapter(model).validate_python({} if data is None else data)
        except ValidationError as error:
            for details in error.errors():
                key = prefix + tuple(str(part) for part in details["loc"] if part != "[key]")
                problems.append(
                    f"config: {'.'.join(key)}: {_reason(details, known)}{_place(key, raw, files)}"
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
                f"config: {name}: {block!r} is not a block of keys{_place((name,), raw, files)}"
            )
            continue
        known = [field.name for field in fields(experiment.Parameters)] + scheduling
        own = {key: value for key, value in block.items() if key not in scheduling}
        own = _with_slips(own, experiment.SLIPS, raw.get("fidelity"))
        shared = {key: value for key, value in block.items() if key in scheduling}
        parameters = check(experiment.Parameters, own, (name,), known)
        schedule = check(Schedule, shared, (name,), known)
        if None not in (parameters, schedule, general):
            seeds = schedule.seeds or experiment.SEEDS or general.seeds
            per_job = schedule.seeds_per_job or experiment.SEEDS_PER_JOB
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


def _reason(details: Any, known: Iterable[str]) -> str:
    """Say in plain words what pydantic found."""
    found, context = details["input"], details.get("ctx", {})
    match details["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            key = str(details["loc"][-1])
            close = (
                difflib.get_close_matches(key, list(known), n=1) if len(details["loc"]) == 1 else []
            )
            return "unknown key" + (f"; did you mean {close[0]!r}?" if close else "")
        case "float_parsing" | "float_type" | "finite_number":
            return f"{found!r} is not a number"
        case "int_parsing" | "int_type" | "int_from_float":
            return f"{found!r} is not a whole number"
        case "bool_type":
            return f"{found!r} is neither true nor false"
        case "string_type":
            return f"{found!r} is not a text"
        case "string_too_short":
            return "must not be empty"
        case "dataclass_type" | "dict_type":
            return f"{found!r} is not a block of keys"
        case "tuple_type":
            return f"{found!r} is not a list"
        case "literal_error":
            return f"{found!r} is not one of {context['expected']}"
        case "greater_than":
            return f"{found!r} is not greater than {context['gt']}"
        case "greater_than_equal":
            return f"{found!r} is less than {context['ge']}"
        case "less_than_equal":
            return f"{found!r} is more than {context['le']}"
        case "less_than":
            return f"{found!r} is not less than {context['lt']}"
        case "string_pattern_mismatch":
            return f"{found!r} does not have the form {context['pattern']}"
        case "value_error":
            return str(context["error"])
        case _:
            return f"{details['msg']} (found {found!r})"


def _place(key: Key, raw: Mapping[str, Any], files: Sequence[Path]) -> str:
    """Where a value was given: the last file that has it, and the line."""
    value = _value_at(key, raw)
    for file in reversed(files):
        text = file.read_text()
        try:
            line, found = line_of(key, yaml.compose(text)), _value_at(key, yaml.safe_load(text))
        except yaml.YAMLError:  # JSON with tabs, which Snakemake reads by other means
            return ""
        # A block is merged from several files; a single value is that of one of them.
        if line is not None and (isinstance(value, Mapping) or repr(found) == repr(value)):
            return f" ({file}, line {line})"
    return " (given on the command line)" if files else ""


def _value_at(key: Key, data: Any) -> Any:
    """The value under a key, or that of the nearest key above it."""
    for part in key:
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif isinstance(data, Sequence) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            break
    return data


def line_of(key: Key, document: yaml.Node | None) -> int | None:
    """Line of a key in a YAML document, counted from 1; None where it is not in it."""
    node, line = document, None
    for part in key:
        if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
            node = node.value[int(part)]
        elif isinstance(node, yaml.MappingNode):
            entries = {name.value: (name, value) for name, value in node.value}
            if part not in entries:
                return None
            name, node = entries[part]
            line = name.start_mark.line + 1
        else:
            break
    return line
