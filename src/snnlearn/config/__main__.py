"""Write what users read about the configuration, from the model that validates it.

``python -m snnlearn.config`` writes ``config/config.yaml`` (all defaults, with
comments), ``config/README.md`` (the reference) and ``workflow/schemas/config.schema.json``.
"""

import json
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from snnlearn.config.model import Design, General, Schedule, StudySettings
from snnlearn.experiments import Experiment
from snnlearn.published import switches
from snnlearn.registry import registry
from snnlearn.settings.documentation import Key, in_one_line, keys_of

WIDTH = 98

INTRODUCTION = """\
# Configuration

`config.yaml` holds every key with its default: the chapter. A file given with `--configfile`
overrides single keys of it, and `--config` overrides single keys of both:

```bash
snakemake --cores 8 --configfile config/full.yaml
snakemake --cores 8 --config channel='{"learning_rate": 2e-4}'
```

| file | what it is for |
|---|---|
| `config.yaml` | the chapter; MNIST with the parameters that come with the pipeline |
| `full.yaml` | the chapter, with MNIST trained here on 5 seeds |
| `gate.yaml` | a question about `conditioning`: gates, stimuli and trials (see `docs/verdict.md`) |
| `smoke.yaml` | everything once, small, with a study, in four minutes on 2 cores; `make smoke` |

Other images for the classifier have files of their own ([docs/data.md](../docs/data.md)).

Each block of an experiment holds its parameters, and may hold `seeds` and `seeds_per_job`. The
configuration is checked when Snakemake reads it, in a dry run too: unknown keys, wrong types and
values out of range are all named at once, with file and line. What a key changes is computed
anew, and nothing else.

Further questions stand under `studies`, each with a name of its own:

```yaml
studies:
  rates:
    experiment: channel
    sweep: {learning_rate: [3.0e-5, 1.0e-4, 3.0e-4]}
    metrics: [rmse_last_second]
```

`experiment` must be there; `set`, `sweep`, `points`, `seeds`, `seeds_per_job`, `traces` and
`metrics` may be. What a study does not set is as in the experiment's block.
[docs/studies.md](../docs/studies.md) says what each key means and what comes out, `make plan`
what it would take.

This page is written by `make config` from the model that checks the configuration.
"""


def all_keys() -> list[Key]:
    """Every key of the configuration."""
    general = keys_of(General())
    keys = [key for key in general if key.path[0] in ("seeds", "fidelity")]
    for name, experiment in registry().items():
        summary = experiment.summary
        seeds = None if experiment.on_request else experiment.seeds
        schedule = Schedule(seeds, experiment.seeds_per_job)
        keys.append(Key((name,), "block", None, summary, True))
        keys += [_seeds(key, experiment) for key in keys_of(schedule, (name,))]
        by_fidelity = {slip.switch for slip in switches(name) if slip.by_fidelity}
        keys += [
            _switch(key, key.path[-1] in by_fidelity)
            for key in keys_of(experiment.Parameters(), (name,))
        ]
    return keys + [key for key in general if key.path[0] not in ("seeds", "fidelity")]


def study_keys() -> list[Key]:
    """Every key of a study, which has any name."""
    described = keys_of(StudySettings("…"), ("studies", "NAME"))
    design = keys_of(Design(), ("studies", "NAME", "seeds"))
    return [_required(key) if key.default == "…" else key for key in described + design]


def _required(key: Key) -> Key:
    return replace(key, kind=f"{key.kind}, required", default=None)


def _switch(key: Key, is_slip: bool) -> Key:
    """A key whose default is what ``fidelity`` says, if it is that of a slip that it turns on."""
    if not is_slip:
        return key
    meaning = f"{key.meaning} {_as_fidelity_says(key.default)}"
    return replace(key, kind=f"{key.kind}, optional", default=None, meaning=meaning)


def _seeds(key: Key, experiment: Experiment[Any]) -> Key:
    """The key of an experiment's seeds, with how many it has where none are named."""
    if key.path[-1] != "seeds" or key.default is not None:
        return key
    if experiment.on_request:
        if_unnamed = "It runs only where they are named here."
    else:
        if_unnamed = f"If that names none either, {len(experiment.default_seeds)}."
    return replace(key, meaning=f"{key.meaning} {if_unnamed}")


def _as_fidelity_says(corrected: Any) -> str:
    return f"By default as `fidelity` says; corrected, it is `{corrected}`."


def default_file() -> str:
    """The text of ``config/config.yaml``."""
    lines = [
        "# yaml-language-server: $schema=../workflow/schemas/config.schema.json",
        "# The chapter. Every key with its default; written by `make config`.",
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
    keys = all_keys()
    place = [key.path for key in keys].index(("studies",)) + 1
    for key in keys[:place] + study_keys() + keys[place:]:
        if len(key.path) == 1 and (key.is_block or key.path[0] == "studies"):
            parts += ["", f"## `{key.path[0]}`", key.meaning, "", table]
            continue
        path = ".".join(key.path)
        empty = key.is_block or key.kind.endswith("required")
        default = "" if empty else f"`{json.dumps(key.default, ensure_ascii=False)}`"
        parts.append(f"| `{path}` | {key.kind} | {default} | {key.meaning} |")
    return "\n".join(parts) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of the configuration, for editors."""
    whole = _schema_of(General, "General")
    schedule = _schema_of(Schedule, "Schedule")
    for name, experiment in registry().items():
        block = _schema_of(experiment.Parameters, name)
        whole["$defs"] = whole.get("$defs", {}) | block.pop("$defs", {})
        for slip in (slip for slip in switches(name) if slip.by_fidelity):
            part = block["properties"][slip.switch]
            meaning = f"{part.pop('description')} {_as_fidelity_says(part.pop('default'))}"
            block["properties"][slip.switch] = {
                "anyOf": [part, {"type": "null"}],
                "default": None,
                "description": meaning,
                "title": part.pop("title"),
            }
        block["properties"] = schedule["properties"] | block["properties"]
        whole["properties"][name] = block | {"description": experiment.summary}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}


def _schema_of(model: type, prefix: str) -> dict[str, Any]:
    """One model's schema, whose definitions have names of their own."""
    found = TypeAdapter(model).json_schema(ref_template=f"#/$defs/{prefix}.{{model}}")
    if "$defs" in found:
        found["$defs"] = {f"{prefix}.{name}": part for name, part in found["$defs"].items()}
    for part in (found, *found.get("$defs", {}).values()):
        for described in (part, *part["properties"].values()):
            if "description" in described:
                described["description"] = in_one_line(described["description"])
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
