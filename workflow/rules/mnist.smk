from snnlearn.mnist import trainings

# Images and trained parameters: what the classifier takes beside its settings.

DATASET = f"results/data/{SETTINGS.general.data.name}.npz"
TRAINING_PROGRESS = "results/logs/trainings/{training}.progress.jsonl"

# What to do without the images is the same for all cells, as the images are.
WITH_IMAGES = [cell for cell in CELLS.values() if "dataset" in EXPERIMENTS[cell.experiment].inputs]
ON_UNAVAILABLE = {cell.parameters.on_unavailable for cell in WITH_IMAGES}
if len(ON_UNAVAILABLE) > 1:
    raise WorkflowError("on_unavailable must be the same in all studies: there is one data set")
DATA = {
    "data": plain(SETTINGS.general.data),
    "on_unavailable": "".join(ON_UNAVAILABLE),
}
DECIDED_BY = {key: DATA["data"][key] for key in ("name", "sha256")}

WITH_TRAININGS = {
    cell.folder: trainings.key_of(cell.parameters.recipe, DECIDED_BY)
    for cell in WITH_IMAGES
    if "trained_parameters" in EXPERIMENTS[cell.experiment].inputs
}
TRAININGS = trainings.collected(
    (key, cell.parameters.recipe, cell.parameters.threads, cell.seeds.values())
    for folder, key in WITH_TRAININGS.items()
    for cell in [CELLS[folder]]
)
TRAINED = any_of(key for key, found in TRAININGS.items() if found.recipe.source.mode == "train")
GIVEN = any_of(key for key, found in TRAININGS.items() if found.recipe.source.mode != "train")


def trained(cell, seeds, kind="npz"):
    """The trained parameters of some seeds of a cell, or what stands beside them."""
    key = WITH_TRAININGS[cell.folder]
    return [f"results/trainings/{key}/{trainings.name_of(seed)}.{kind}" for seed in seeds]


def files_taken(cell):
    """The data set and the trained parameters of a cell, with what stands beside them."""
    seeds = list(cell.seeds.values())
    return {
        "dataset": DATASET,
        "origin": ORIGINS["dataset"],
        **{
            name: trained(cell, seeds, kind)
            for name, kind in (("parameters", "npz"), ("provenances", "json"), ("histories", "csv"))
        },
    }


def trainings_of(cell):
    """For each seed of a cell, which training its parameters come from, if they are trained."""
    key = WITH_TRAININGS[cell.folder]
    return {number: f"{key}/{trainings.name_of(seed)}" for number, seed in cell.seeds.items()}


PROVIDED["dataset"] = lambda cell, seeds: DATASET
PROVIDED["trained_parameters"] = trained

ORIGINS["dataset"] = DATASET.replace(".npz", ".json")
ORIGINS["parameters"] = {
    f"seed-{number}": trained(cell, [seed], "json")[0]
    for study in OWN
    for cell in study.cells
    if cell.folder in WITH_TRAININGS
    for number, seed in cell.seeds.items()
}


wildcard_constraints:
    key=any_of(TRAININGS),
    seed=any_of(name for found in TRAININGS.values() for name in found.seeds),


rule dataset:
    input:
        candidates=local(SETTINGS.general.data.candidates()),
    output:
        images=DATASET,
        origin=ORIGINS["dataset"],
    log:
        "results/logs/dataset.log",
    benchmark:
        "results/benchmarks/dataset.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job=DATA | {"code": code_of("snnlearn.data.obtaining")},
    message:
        "Find or download, and verify, the images of {params.job[data][name]}"
    script:
        "../scripts/dataset.py"


rule shared_parameters:
    input:
        files=lambda w: local(TRAININGS[w.key].recipe.source.files()),
    output:
        parameters="results/trainings/{key}/shared.npz",
        provenance="results/trainings/{key}/shared.json",
    log:
        "results/logs/trainings/{key}/shared.log",
    benchmark:
        "results/benchmarks/trainings/{key}/shared.jsonl"
    wildcard_constraints:
        key=GIVEN,
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job=lambda w: {
            "source": plain(TRAININGS[w.key].recipe.source),
            "code": code_of("snnlearn.mnist.parameter_source:obtain"),
        },
    message:
        "Get and check the trained parameters ({params.job[source][mode]})"
    script:
        "../scripts/shared_parameters.py"


rule train:
    input:
        dataset=DATASET,
        origin=ORIGINS["dataset"],
    output:
        parameters="results/trainings/{key}/{seed}.npz",
        provenance="results/trainings/{key}/{seed}.json",
        history="results/trainings/{key}/{seed}.csv",
    log:
        messages="results/logs/trainings/{key}/{seed}.log",
        progress=TRAINING_PROGRESS.format(training="{key}/{seed}"),
    benchmark:
        "results/benchmarks/trainings/{key}/{seed}.jsonl"
    wildcard_constraints:
        key=TRAINED,
    conda:
        "../../envs/snnlearn.yaml"
    threads: lambda w: TRAININGS[w.key].threads
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(120),
        core_seconds=lambda w: trainings.seconds(TRAININGS[w.key].recipe),
    params:
        job=lambda w: {
            "recipe": plain(TRAININGS[w.key].recipe),
            "seed": TRAININGS[w.key].seeds[w.seed],
        },
    message:
        "Train the network of seed {wildcards.seed}"
    script:
        "../scripts/train.py"


# Trains as well, where parameters that are given do not fit the images that there are.
use rule train as given_parameters with:
    input:
        dataset=DATASET,
        origin=ORIGINS["dataset"],
        shared="results/trainings/{key}/shared.npz",
        shared_origin="results/trainings/{key}/shared.json",
    wildcard_constraints:
        key=GIVEN,
    message:
        "Provide the trained parameters of seed {wildcards.seed}"


localrules:
    given_parameters,
