"""The configuration as Snakemake read it: the one place that knows how Snakemake keeps it.

Snakemake documents neither which of its files the command line gave, nor what of the values; tried
with 9.27. Errors could not name file and line without.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from snakemake.common import configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from snnlearn.config import fitting
from snnlearn.config.errors import ConfigError
from snnlearn.config.faults import explained
from snnlearn.config.files import Key, value_at
from snnlearn.config.loading import load
from snnlearn.config.model import Config
from snnlearn.registry import ExperimentError, registry

#: What to do about a configuration that does not fit.
REMEDY = "Choose smaller numbers (durations, steps, neurons, images, seeds), or longer time steps."


def of_workflow(workflow: Any, config: Mapping[str, Any]) -> Config:
    """Validate the configuration of a workflow that is being read.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        The workflow.
    config : mapping
        Its merged configuration.

    Returns
    -------
    Config
        With all defaults filled in.

    Raises
    ------
    WorkflowError
        If it cannot be used; Snakemake shows it without a traceback.
    """
    # Those of the command line come first in the list, though they override the others.
    given = workflow.overwrite_configfiles
    files = [Path(file) for file in (*workflow.configfiles[len(given) :], *given)]
    command_line: Mapping[str, Any] = workflow.config_settings.config
    below: Key = ()
    if workflow.modifier.skip_configfile:  # what another workflow gives a module
        found = _key_of(config, workflow.modifier_stack[0].globals["config"])
        if found is None:  # made by that workflow, perhaps of texts of the command line
            files, command_line = [], config
        else:
            below, command_line = found, value_at(found, command_line, {})
    try:
        return load(config, files, command_line, below)
    except ConfigError as problems:
        raise WorkflowError(f"the configuration cannot be used:\n{problems}") from problems
    except ExperimentError as problems:
        raise WorkflowError(str(problems)) from problems


def too_large(settings: Config, results: Path) -> str:
    """What of a configuration cannot fit this machine; empty where all may."""
    sizes = {"memory": fitting.memory_mb(), "disk": fitting.disk_mb(results)}
    large = fitting.too_large(settings.studies, registry(), **sizes)
    return "\n".join(["this does not fit this machine:", *large, REMEDY]) if large else ""


def placed(workflow: Any) -> Callable[[str], str]:
    """A function that says where a path of a workflow that is being read is.

    Below the prefix, where it is a module of another workflow: as Snakemake changes the files of
    rules. Paths that begin with ``/``, ``..``, ``~`` or a variable are where they are.
    """
    change = workflow.modifier.path_modifier.replace_prefix
    return lambda path: path if path.startswith(("~", "$")) else str(change(path))


def _key_of(block: Mapping[str, Any], whole: Any) -> Key | None:
    """The key under which a block itself, and not another like it, stands in a whole."""
    if block is whole:
        return ()
    for name, inner in whole.items() if isinstance(whole, Mapping) else ():
        if (found := _key_of(block, inner)) is not None:
            return (str(name), *found)
    return None


def of_files(files: Sequence[Path]) -> Config:
    """Validate what some files give when they are merged as Snakemake does it.

    Raises
    ------
    ConfigError, WorkflowError
        If it cannot be used, or read.
    """
    raw: dict[str, Any] = {}
    read = explained(inspect.unwrap(configfile._load_configfile), ConfigError)
    for file in files:
        update_config(raw, read(file))
    return load(raw, files)
