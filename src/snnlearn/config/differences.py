"""How a configuration differs from the default one, which is the chapter's."""

from collections.abc import Sequence
from typing import Any

from snnlearn.config.loading import load
from snnlearn.config.model import Config
from snnlearn.registry import registry
from snnlearn.settings.changes import changes
from snnlearn.settings.documentation import plain


def differences(config: Config) -> dict[str, list[dict[str, Any]]]:
    """What runs otherwise than by default.

    Parameters
    ----------
    config : Config
        A configuration.

    Returns
    -------
    dict of str to list of dict
        By experiment, of those that run and differ: ``key``, and ``here`` and ``default`` with the
        value, of seeds their number and range; where it takes images, ``data.name`` too. As plain
        data.
    """
    default, found = load({}), {}
    images, usual_images = (one.general.data.name for one in (config, default))
    for name, block in config.blocks.items():
        if not block.runs:
            continue
        rows = [
            {"key": change.key, "here": change.value, "default": change.chapter}
            for change in changes(registry()[name].Parameters, plain(block.parameters))
        ]
        if block.seeds != (usual := default.blocks[name].seeds):
            rows.append({"key": "seeds", "here": _range(block.seeds), "default": _range(usual)})
        if "dataset" in registry()[name].inputs and images != usual_images:
            rows.append({"key": "data.name", "here": images, "default": usual_images})
        if rows:
            found[name] = rows
    return found


def _range(seeds: Sequence[int]) -> str:
    return f"{len(seeds)}, from {min(seeds)} to {max(seeds)}"
