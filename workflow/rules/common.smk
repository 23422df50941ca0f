import os
import re
from datetime import datetime, timezone

from snnlearn.config.differences import differences
from snnlearn.figures import described, module_of
from snnlearn.jobs.dependencies import code_of
from snnlearn.published import listed, slips
from snnlearn.registry import closeup_seeds, registry
from snnlearn.report.captions import (
    caption,
    caption_over_cells,
    configuration,
    configuration_of_study,
    ranges,
)
from snnlearn.settings.changes import in_words
from snnlearn.settings.documentation import plain
from snnlearn.studies import source_seeds

# The first process of a run notes when it began; the jobs it starts inherit that.
os.environ.setdefault("SNNLEARN_STARTED", datetime.now(timezone.utc).isoformat(timespec="seconds"))

SETTINGS = from_snakemake.of_workflow(workflow, config)
# Told when the workflow is read, dry runs included, and refused when jobs are to run here.
TOO_LARGE = from_snakemake.too_large(SETTINGS, RESULTS) if workflow.is_main_process else ""
if TOO_LARGE and workflow.resource_settings.nodes is None:
    logger.warning(TOO_LARGE)

EXPERIMENTS = registry()
STUDIES = SETTINGS.studies
CELLS = {cell.folder: cell for study in STUDIES.values() for cell in study.cells}

OWN = [study for study in STUDIES.values() if study.own]
LISTED = [study for study in STUDIES.values() if not study.own and not study.generated]

# Computed once: every job asks for them.
BATCHES = {folder: cell.batches() for folder, cell in CELLS.items()}
PARAMETERS = {folder: plain(cell.parameters) for folder, cell in CELLS.items()}
TITLES = {name: described(name).title for name in EXPERIMENTS}
DIFFERS = differences(SETTINGS)
IN_WORDS = in_words(DIFFERS)

# What provides each input that an experiment names: a function of the cell and of some of its
# seeds that gives one file, or one for each seed; and the files that say where these come from.
PROVIDED = {}
ORIGINS = {}


def any_of(names):
    """A pattern that matches these names; nothing where there are none."""
    patterns = [re.escape(name) for name in sorted(names)]
    return "|".join(patterns) if patterns else "(?!)"


wildcard_constraints:
    study=any_of(STUDIES),
    # Behind the study; empty for the cell whose folder is that of the study.
    cell=any_of({cell.folder.removeprefix(cell.study) for cell in CELLS.values()}),
    batch=r"\d+",


def cells_where(condition):
    """A pattern of the wildcard `cell` that matches some cells, each behind its study only."""
    chosen = [cell for cell in CELLS.values() if condition(cell)]
    return (
        "|".join(
            f"(?<=results/{re.escape(cell.study)}){re.escape(cell.folder.removeprefix(cell.study))}"
            for cell in chosen
        )
        or "(?!)"
    )


def batches(cells, pattern):
    """A file for each batch of seeds of some cells."""
    return [
        pattern.format(cell=cell.folder, batch=f"{number:04d}")
        for cell in cells
        for number in BATCHES[cell.folder]
    ]


def traces(cells):
    """The traces of all seeds of some cells."""
    return batches(cells, "results/{cell}/runs/batch-{batch}.parquet")


def measured(cells):
    """The cells whose metrics are those of some cells."""
    return (CELLS[cell.metrics_of or cell.folder] for cell in cells)


def metrics_of(cells):
    """The metrics of all batches of some cells."""
    return batches(measured(cells), "results/{cell}/metrics/batch-{batch}.csv")


def runs_of(cells):
    """What these are of: an experiment, and numbers of runs."""
    return [
        [cell.experiment, list(seeds)]
        for cell in measured(cells)
        for seeds in BATCHES[cell.folder].values()
    ]


def folder_of(wildcards):
    """The folder of a cell within the results."""
    return wildcards.study + wildcards.cell


def batch_seeds(wildcards):
    """The seeds of one batch by their numbers."""
    return BATCHES[folder_of(wildcards)][int(wildcards.batch)]


def inputs_of(folder, seeds):
    """The files that a cell takes beside its parameters, by their names."""
    cell = CELLS[folder]
    names = EXPERIMENTS[cell.experiment].inputs
    missing = [name for name in names if name not in PROVIDED]
    if missing:
        raise WorkflowError(
            f"no rule provides {', '.join(missing)}, which the experiment {cell.experiment} names "
            "in INPUTS: add it to PROVIDED in a file of workflow/rules"
        )
    return {name: PROVIDED[name](cell, seeds) for name in names}


def with_origins(inputs):
    """The same files, and those beside them in which is written where they come from."""
    files = flattened(inputs.values())
    return inputs | {"origins": [f"{os.path.splitext(file)[0]}.json" for file in files]}


def flattened(found):
    """The files of several inputs, of which each is one file or several."""
    for files in found:
        yield from [files] if isinstance(files, str) else files


def code(folder, *functions):
    """What decides the results of some functions of a cell's experiment, as a hash."""
    experiment = f"snnlearn.experiments.{CELLS[folder].experiment}"
    return code_of(*(f"{experiment}:{function}" for function in functions))


def job_of(folder, seeds, *functions):
    """What a job depends on, beside its input files.

    One mapping: Snakemake compares params as a set of values, where a swap goes unnoticed.
    """
    experiment = CELLS[folder].experiment
    parameters = PARAMETERS[folder]
    return {
        "experiment": experiment,
        "parameters": (
            EXPERIMENTS[experiment].simulated(parameters)
            if functions == ("simulate",)
            else parameters
        ),
        "seeds": list(seeds.items()),
        "code": code(folder, *functions),
    }


def resources_of(folder):
    """What one job that simulates a cell takes."""
    cell = CELLS[folder]
    return EXPERIMENTS[cell.experiment].resources(cell.parameters)


def core_seconds(wildcards):
    """How long a job takes that simulates a batch, or records a cell: roughly, with its start."""
    folder = folder_of(wildcards)
    seeds = batch_seeds(wildcards) if "batch" in wildcards.keys() else closeup_seeds_of(folder)
    return 8 + len(seeds) * resources_of(folder).seconds


# Priorities. Trainings and data come first, since long jobs wait for them; then all that is logged
# and drawn: slips, controls and sources of variance keep the cores busy while it is.
FIRST, SOON = 1e9, 1e6


def urgency(wildcards):
    """The priority of a job that simulates: the longest first, so that no core waits at the end."""
    return core_seconds(wildcards) + (0 if STUDIES[wildcards.study].generated else SOON)


def per_attempt(amount):
    """A resource of which a job gets more each time that it is tried again."""
    return lambda wildcards, attempt: attempt * amount


def closeup_seeds_of(folder):
    """The seeds that are recorded in detail."""
    seeds = list(CELLS[folder].seeds)
    return {seed: seed for seed in closeup_seeds(seeds, SETTINGS.general.figures.example_of(seeds))}


KINDS = SETTINGS.general.figures.kinds


def figure_files(study, kinds=KINDS):
    """Every figure of a study, in some formats."""
    return [
        f"results/{study.name}/figures/{figure}.{kind}"
        for figure in CAPTIONS[study.name]
        for kind in kinds
    ]


def classes_of(study):
    """The names of the classes, where figures of a study show them."""
    shown = any("classes" in given for given in described(study.name).drawn_from.values())
    return DATASETS[data_of(study.cells[0])].classes if shown else None


def captions_of(study):
    """What each figure of a study shows: those of its module, and one for each metric asked for."""
    cell, figures = study.cells[0], described(study.name)
    captions = {
        figure: caption(
            text,
            cell.parameters,
            (
                closeup_seeds_of(cell.folder)
                if "closeup" in figures.drawn_from[figure]
                else cell.seeds
            ),
            (
                configuration(EXPERIMENTS[study.experiment], IN_WORDS.get(study.name, ""))
                if study.own
                else configuration_of_study(study)
            ),
        )
        for figure, text in figures.captions.items()
    }
    if not study.own:
        captions |= {metric: caption_over_cells(study, metric) for metric in study.metrics}
    return captions


CAPTIONS = {study.name: captions_of(study) for study in OWN + LISTED}


def entry_of(cell):
    """What the tables of a study say of a cell."""
    return {
        "cell": cell.name,
        "folder": cell.folder,
        "values": dict(cell.values),
        "seeds": len(cell.seeds),
    }


def sources_of(study):
    """Where the seeds of a study are a design: the seed of each source in each run."""
    if not study.sources:
        return {}
    seeds = study.cells[0].seeds
    return {number: source_seeds(study.sources, seed) for number, seed in seeds.items()}


def judged_with(experiment):
    """The studies of one experiment that claims may be about."""
    return {study: of for study, of in JUDGED.items() if of == experiment}


def judging(studies):
    """What decides the verdict on the claims about some studies."""
    return {
        "studies": studies,
        "differs": {name: IN_WORDS[name] for name in studies if name in IN_WORDS},
        "claims": [repr(claim) for _, claim in listed(studies)],
        "code": code_of("snnlearn.verdict.table", "snnlearn.published"),
    }


def origins():
    """The files that say where the inputs come from, by the names of these."""
    return {
        name: list(files.values()) if isinstance(files, dict) else files
        for name, files in ORIGINS.items()
    }
