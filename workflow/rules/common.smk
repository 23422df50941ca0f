import os
from datetime import datetime, timezone
from pathlib import Path

from snakemake.exceptions import WorkflowError

from snnlearn import config as configuration, live
from snnlearn import report as words
from snnlearn.experiment import closeup_seeds, registry
from snnlearn.sources import modules_behind

# The first process of a run notes when it began; the jobs it starts inherit that.
os.environ.setdefault("SNNLEARN_STARTED", datetime.now(timezone.utc).isoformat(timespec="seconds"))

EXPERIMENTS = registry()

# Snakemake lists the files of the command line first, though they override the others.
GIVEN = workflow.overwrite_configfiles
FILES = [*workflow.configfiles[len(GIVEN) :], *GIVEN]

try:
    SETTINGS = configuration.load(
        config, [Path(file) for file in FILES], workflow.config_settings.config
    )
except configuration.ConfigError as problems:
    raise WorkflowError(f"the configuration cannot be used:\n{problems}")

MNIST = SETTINGS.blocks["mnist"].parameters

# The experiments of which the chapter's code has slips.
SLIPPED = [name for name, experiment in EXPERIMENTS.items() if experiment.SLIPS]

# The templates of captions can read this. As params, words would redraw figures.
config["captions"] = {
    name: {
        figure: words.caption(text, block.parameters, block.seeds)
        for figure, text in EXPERIMENTS[name].FIGURES.items()
    }
    for name, block in SETTINGS.blocks.items()
}


wildcard_constraints:
    experiment="|".join(EXPERIMENTS),
    batch=r"\d+",
    seed=r"\d+",


def batches(experiment, pattern):
    """A file for each batch of seeds of an experiment."""
    return expand(
        pattern,
        experiment=experiment,
        batch=[f"{number:04d}" for number in SETTINGS.blocks[experiment].batches()],
    )


def traces(experiment):
    """The traces of all seeds of an experiment."""
    return batches(experiment, "results/{experiment}/runs/batch-{batch}.parquet")


def cell(wildcards):
    """What the result of one batch depends on, beside code and input files."""
    block = SETTINGS.blocks[wildcards.experiment]
    return {
        "experiment": wildcards.experiment,
        "parameters": configuration.plain(block.parameters),
        "seeds": block.batches()[int(wildcards.batch)],
    }


def closeup_cell(experiment):
    """What the close-up of an experiment depends on, beside code and input files."""
    block = SETTINGS.blocks[experiment]
    example = SETTINGS.general.figures.example_of(block.seeds)
    return {
        "experiment": experiment,
        "parameters": configuration.plain(block.parameters),
        "seeds": closeup_seeds(block.seeds, example),
    }


def closeup(experiment):
    """The close-up of an experiment that has one."""
    return (
        f"results/{experiment}/closeup.parquet"
        if hasattr(EXPERIMENTS[experiment], "closeup")
        else []
    )


def inputs_of(experiment, seeds):
    """The files that an experiment takes beside its parameters."""
    if experiment != "mnist":
        return {}
    return {
        "dataset": "results/mnist/dataset.npz",
        "trained_parameters": expand("results/mnist/parameters/seed-{seed}.npz", seed=seeds),
    }


def first_seeds(experiment):
    """The seeds of the first batch of an experiment."""
    return next(iter(SETTINGS.blocks[experiment].batches().values()))


def simulation_code(experiment):
    """The modules that an experiment's results depend on."""
    return modules_behind(f"snnlearn.experiments.{experiment}", "snnlearn.results")


def figures(experiment):
    """Every figure of an experiment, as PNG and SVG."""
    return expand(
        "results/{experiment}/figures/{figure}.{kind}",
        experiment=experiment,
        figure=EXPERIMENTS[experiment].FIGURES,
        kind=("png", "svg"),
    )


def tracked():
    """What the tracking rule makes, if tracking is on."""
    return ["results/tracking.json"] if SETTINGS.general.tracking.enabled else []
