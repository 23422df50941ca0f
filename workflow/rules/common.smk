import os
from datetime import datetime, timezone
from pathlib import Path

from snakemake.exceptions import WorkflowError

from snnlearn.config import errors, loading
from snnlearn.config.model import given
from snnlearn.figures import described
from snnlearn.jobs import dependencies
from snnlearn.published import slips
from snnlearn.registry import closeup_seeds, registry
from snnlearn.report.captions import caption
from snnlearn.report.overview import TEMPLATE
from snnlearn.settings.documentation import plain
from snnlearn.tracking import live

# The first process of a run notes when it began; the jobs it starts inherit that.
os.environ.setdefault("SNNLEARN_STARTED", datetime.now(timezone.utc).isoformat(timespec="seconds"))

EXPERIMENTS = registry()
FIGURES = {name: described(name) for name in EXPERIMENTS}

# Snakemake lists the files of the command line first, though they override the others.
GIVEN = workflow.overwrite_configfiles
FILES = [*workflow.configfiles[len(GIVEN) :], *GIVEN]

try:
    SETTINGS = loading.load(config, [Path(file) for file in FILES], workflow.config_settings.config)
except errors.ConfigError as problems:
    raise WorkflowError(f"the configuration cannot be used:\n{problems}")

MNIST = SETTINGS.blocks["mnist"].parameters

# Computed once: every job asks for them.
BATCHES = {name: block.batches() for name, block in SETTINGS.blocks.items()}
PARAMETERS = {name: plain(block.parameters) for name, block in SETTINGS.blocks.items()}

# The experiments of which the chapter's code has slips.
SLIPPED = [name for name in EXPERIMENTS if slips(name)]

# The templates of captions can read this. As params, words would redraw figures.
config["captions"] = {
    name: {
        figure: caption(text, block.parameters, block.seeds)
        for figure, text in FIGURES[name].captions.items()
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
        batch=[f"{number:04d}" for number in BATCHES[experiment]],
    )


def traces(experiment):
    """The traces of all seeds of an experiment."""
    return batches(experiment, "results/{experiment}/runs/batch-{batch}.parquet")


def cell(wildcards):
    """What the result of one batch depends on, beside code and input files."""
    return {
        "experiment": wildcards.experiment,
        "parameters": PARAMETERS[wildcards.experiment],
        "seeds": BATCHES[wildcards.experiment][int(wildcards.batch)],
    }


def closeup_cell(experiment):
    """What the close-up of an experiment depends on, beside code and input files."""
    seeds = SETTINGS.blocks[experiment].seeds
    return {
        "experiment": experiment,
        "parameters": PARAMETERS[experiment],
        "seeds": closeup_seeds(seeds, SETTINGS.general.figures.example_of(seeds)),
    }


def closeup(experiment):
    """The close-up of an experiment that has one."""
    return f"results/{experiment}/closeup.parquet" if EXPERIMENTS[experiment].closeup else []


def inputs_of(experiment, seeds):
    """The files that an experiment takes beside its parameters."""
    if experiment != "mnist":
        return {}
    return {
        "dataset": "results/mnist/dataset.npz",
        "trained_parameters": expand("results/mnist/parameters/seed-{seed}.npz", seed=seeds),
    }


def beside(inputs):
    """The files beside data set and parameters, in which is written where these come from."""
    return [
        str(Path(file).with_suffix(".json"))
        for files in inputs.values()
        for file in ([files] if isinstance(files, str) else files)
    ]


def modules_behind(*names):
    """The library's files behind some modules; here, also where results go to a storage."""
    return local(dependencies.modules_behind(*names))


def first_seeds(experiment):
    """The seeds of the first batch of an experiment."""
    return next(iter(BATCHES[experiment].values()))


def simulation_code(experiment):
    """The modules that an experiment's results depend on."""
    return modules_behind(f"snnlearn.experiments.{experiment}", "snnlearn.results")


def memory(wildcards):
    """Megabytes for one batch: TensorFlow and the network, and three times its widest traces."""
    network = 4000 if wildcards.experiment == "mnist" else 1500
    return network + 8 * len(cell(wildcards)["seeds"])


def growing(amount):
    """A resource of which a job gets more each time that it is tried again."""
    return lambda wildcards, attempt: attempt * amount


def figures(experiment):
    """Every figure of an experiment, as PNG and SVG."""
    return expand(
        "results/{experiment}/figures/{figure}.{kind}",
        experiment=experiment,
        figure=FIGURES[experiment].captions,
        kind=("png", "svg"),
    )


def tracked():
    """What the tracking rule makes, if tracking is on."""
    return ["results/tracking.json"] if SETTINGS.general.tracking.enabled else []
