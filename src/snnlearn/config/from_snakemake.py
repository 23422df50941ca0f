"""The configuration as Snakemake read it: the one place that knows how Snakemake keeps it.

Snakemake documents neither which of its files the command line gave, nor what of the values; tried
with 9.27. Errors could not name file and line without.
"""

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from snakemake.common import configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from snnlearn.config import fitting
from snnlearn.config.errors import ConfigError
from snnlearn.config.faults import explained
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
    files = [*workflow.configfiles[len(given) :], *given]
    try:
        return load(config, [Path(file) for file in files], workflow.config_settings.config)
    except ConfigError as problems:
        raise WorkflowError(f"the configuration cannot be used:\n{problems}") from problems
    except ExperimentError as problems:
        raise WorkflowError(str(problems)) from problems


def too_large(settings: Config) -> str:
    """What of a configuration cannot fit this machine; empty where all may."""
    sizes = {"memory": fitting.memory_mb(), "disk": fitting.disk_mb(Path("results"))}
    large = fitting.too_large(settings.studies, registry(), **sizes)
    return "\n".join(["this does not fit this machine:", *large, REMEDY]) if large else ""


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
