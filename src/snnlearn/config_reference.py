"""Write what users read about the configuration, from the model that validates it.

``python -m snnlearn.config_reference`` writes ``config/config.yaml`` (all defaults, with
comments), ``config/README.md`` (the reference) and ``workflow/schemas/config.schema.json``.
"""

import inspect
import json
import re
import textwrap
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from snnlearn.config import General, Schedule, plain
from snnlearn.experiment import registry

WIDTH = 98

INTRODUCTION = """\
# Configuration

`config.yaml` holds every key with its default: the chapter. A file given with `--configfile`
overrides single keys of it, and `--config` overrides single keys of both:

    snakemake --cores 8 --configfile config/full.yaml
    snakemake --cores 8 --config channel='{"learning_rate": 2e-4}'

| file | what it is for |
|---|---|
| `config.yaml` | the chapter: 20 seeds, MNIST with the parameters that come with the pipeline |
| `full.yaml` | the chapter, with MNIST trained here on 5 seeds |
| `smoke.yaml` | everything once, small, in three minutes on 2 cores; `make smoke` |

Each block of an experiment holds its parameters, and may hold `seeds` and `seeds_per_job`. The
configuration is checked when Snakemake reads it, in a dry run too: unknown keys, wrong types and
values out of range are all named at once, with file and line. What a key changes is computed
anew, and nothing else.

This page is written by `make docs` from the model that checks the configuration.
"""


@dataclass(frozen=True)
class Key:
    """One key of the configuration.

    Attributes
    ----------
    path : tuple of str
        The key and those above it.
    kind : str
        Type, as the docstring gives it.
    default : Any
        Plain data; a block's is None.
    meaning : str
        What it is, in words.
    is_block : bool
        Whether it holds keys.
    """

    path: tuple[str, ...]
    kind: str
    default: Any
    meaning: str
    is_block: bool


def documented(model: type) -> dict[str, tuple[str, str]]:
    """Type and meaning of each attribute, from the docstring of a data class.

    Parameters
    ----------
    model : type
        A data class with a NumPy-style section "Attributes".

    Returns
    -------
    dict of str to (str, str)
        By name.

    Raises
    ------
    ValueError
        If an attribute is not documented.
    """
    docstring = inspect.cleandoc(model.__doc__ or "")
    section = docstring.partition("Attributes\n----------\n")[2]
    entries = re.findall(r"^(\S.*?) : (.*)\n((?:[ ].*\n?|\n)+)", section, re.MULTILINE)
    found = {
        name: (kind.replace("tuple", "list"), " ".join(text.split()).replace("``", "`"))
        for name, kind, text in entries
    }
    missing = [field.name for field in fields(model) if field.name not in found]
    if missing:
        raise ValueError(f"{model.__qualname__} does not document {missing}")
    return found


def keys_of(settings: Any, above: tuple[str, ...] = ()) -> list[Key]:
    """All keys of a data class with its values, in the order of its fields."""
    meanings, values = documented(type(settings)), plain(settings)
    keys = []
    for field in fields(settings):
        path, (kind, meaning) = (*above, field.name), meanings[field.name]
        value = getattr(settings, field.name)
        if is_dataclass(value):
            keys.append(Key(path, "block", None, meaning, True))
            keys += keys_of(value, path)
        else:
            default = values[field.name]
            if field.name == "seeds" and default == list(range(len(default or []))):
                default = len(default)
            keys.append(Key(path, kind, default, meaning, False))
    return keys


def all_keys() -> list[Key]:
    """Every key of the configuration."""
    general = keys_of(General())
    keys = [key for key in general if key.path[0] in ("seeds", "fidelity")]
    for name, experiment in registry().items():
        summary = (experiment.__doc__ or "").splitlines()[0]
        schedule = Schedule(experiment.SEEDS, experiment.SEEDS_PER_JOB)
        keys.append(Key((name,), "block", None, summary, True))
        keys += keys_of(schedule, (name,))
        switches = {slip.switch for slip in experiment.SLIPS if slip.by_fidelity}
        keys += [
            _switch(key, key.path[-1] in switches)
            for key in keys_of(experiment.Parameters(), (name,))
        ]
    return keys + [key for key in general if key.path[0] not in ("seeds", "fidelity")]


def _switch(key: Key, is_slip: bool) -> Key:
    """A key whose default is what ``fidelity`` says, if it is that of a slip that it turns on."""
    if not is_slip:
        return key
    meaning = f"{key.meaning} By default as `fidelity` says; corrected, it is `{key.default}`."
    return replace(key, kind=f"{key.kind}, optional", default=None, meaning=meaning)


def default_file() -> str:
    """The text of ``config/config.yaml``."""
    lines = [
        "# yaml-language-server: $schema=../workflow/schemas/config.schema.json",
        "# The chapter. Every key with its default; written by `make docs`.",
    ]
    for key in all_keys():
        indent = "  " * (len(key.path) - 1)
        if len(key.path) == 1:
            lines.append("")
        lines += textwrap.wrap(key.meaning, WIDTH, initial_indent=f"{indent}# ",
                               subsequent_indent=f"{indent}# ")  # fmt: skip
        name = key.path[-1]
        if key.is_block:
            lines.append(f"{indent}{name}:")
        else:
            dumped = yaml.safe_dump({name: key.default}, sort_keys=False, width=WIDTH)
            lines.append(textwrap.indent(dumped, indent).rstrip())
    return "\n".join(lines) + "\n"


def reference() -> str:
    """The text of ``config/README.md``."""
    parts = [INTRODUCTION]
    table = "| key | type | default | meaning |\n|---|---|---|---|"
    parts += ["## General", table]
    for key in all_keys():
        if len(key.path) == 1 and key.is_block:
            parts += ["", f"## `{key.path[0]}`", key.meaning, "", table]
            continue
        path = ".".join(key.path)
        default = "" if key.is_block else f"`{json.dumps(key.default, ensure_ascii=False)}`"
        parts.append(f"| `{path}` | {key.kind} | {default} | {key.meaning} |")
    return "\n".join(parts) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of the configuration, for editors."""
    whole = _schema_of(General, "General")
    schedule = _schema_of(Schedule, "Schedule")
    for name, experiment in registry().items():
        block = _schema_of(experiment.Parameters, name)
        whole["$defs"] = whole.get("$defs", {}) | block.pop("$defs", {})
        for slip in (slip for slip in experiment.SLIPS if slip.by_fidelity):
            part = block["properties"][slip.switch]
            block["properties"][slip.switch] = {"anyOf": [part, {"type": "null"}], "default": None}
        block["properties"] = schedule["properties"] | block["properties"]
        whole["properties"][name] = block
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}


def _schema_of(model: type, prefix: str) -> dict[str, Any]:
    """One model's schema, whose definitions have names of their own."""
    found = TypeAdapter(model).json_schema(ref_template=f"#/$defs/{prefix}.{{model}}")
    if "$defs" in found:
        found["$defs"] = {f"{prefix}.{name}": part for name, part in found["$defs"].items()}
    # Which seeds a number stands for is decided before pydantic sees them.
    for name, part in found["properties"].items():
        if name == "seeds":
            number = {"type": "integer", "minimum": 1}
            part["anyOf"] = [number, *part.get("anyOf", [{"type": "array"}])]
            part.pop("type", None)
    return found


def files() -> dict[Path, str]:
    """Each file, and what stands in it."""
    return {
        Path("config/config.yaml"): default_file(),
        Path("config/README.md"): reference(),
        Path("workflow/schemas/config.schema.json"): json.dumps(schema(), indent=2) + "\n",
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
