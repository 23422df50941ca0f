from dataclasses import replace

from snnlearn.mnist import trainings

# Images and trained parameters: what the classifier takes beside its settings.

DATASETS = {
    data.name: replace(data, search=tuple(placed(folder) for folder in data.search))
    for data in [SETTINGS.general.data, *SETTINGS.general.datasets]
}
TRAINING_PROGRESS = "results/logs/trainings/{training}.progress.jsonl"

# What to do without the images is the same for all cells, as the images are.
WITH_IMAGES = [cell for cell in CELLS.values() if "dataset" in EXPERIMENTS[cell.experiment].inputs]
for experiment in {cell.experiment: EXPERIMENTS[cell.experiment] for cell in WITH_IMAGES}.values():
    needed = {"dataset": ["on_unavailable"], "trained_parameters": ["recipe", "threads"]}
    for given in experiment.inputs:
        for name in needed.get(given, []):
            if not hasattr(experiment.Parameters(), name):
                raise WorkflowError(
                    f"the experiment {experiment.name} names {given} in INPUTS, and its Parameters "
                    f"lack {name}: add it, as in snnlearn.experiments.mnist"
                )
ON_UNAVAILABLE = {cell.parameters.on_unavailable for cell in WITH_IMAGES}
if len(ON_UNAVAILABLE) > 1:
    raise WorkflowError(
        "on_unavailable must be the same in all studies: what stands in does so for all data sets"
    )


def data_of(cell):
    """The name of a cell's images; an experiment need not have the key."""
    return getattr(cell.parameters, "dataset", None) or SETTINGS.general.data.name


def dataset(name, kind="npz"):
    """The file of some images, or what stands beside it."""
    return f"results/data/{name}.{kind}"


def obtained(name):
    """What decides which images there are: names of classes are for figures alone."""
    asked = {key: value for key, value in plain(DATASETS[name]).items() if key != "classes"}
    return {"data": asked, "on_unavailable": "".join(ON_UNAVAILABLE)}


def key_of(cell):
    """The key of a cell's trained parameters."""
    data = DATASETS[data_of(cell)]
    decided_by = {"name": data.name, "sha256": plain(data.sha256)}
    if data.held_out:
        decided_by["held_out"] = data.held_out
    return trainings.key_of(cell.parameters.recipe, decided_by)


WITH_TRAININGS = {
    cell.folder: key_of(cell)
    for cell in WITH_IMAGES
    if "trained_parameters" in EXPERIMENTS[cell.experiment].inputs
}
# The images of the trained parameters under each key.
TRAINED_ON = {key: data_of(CELLS[folder]) for folder, key in WITH_TRAININGS.items()}
TRAININGS = trainings.collected(
    (key, cell.parameters.recipe, cell.parameters.threads, cell.seeds.values())
    for folder, key in WITH_TRAININGS.items()
    for cell in [CELLS[folder]]
)


def placed_source(source, seeds):
    """Where the parameters of some seeds come from: from below a prefix, where they are there."""
    if source.mode != "pretrained":
        return source
    below = replace(
        source, pretrained=replace(source.pretrained, file=placed(source.pretrained.file))
    )
    there = all(os.path.isfile(file) for seed in seeds for file in below.files(seed))
    return below if there else source


def recipe_of(wildcards):
    """What decides trained parameters, with the files where they are."""
    found = TRAININGS[wildcards.key]
    return replace(
        found.recipe, source=placed_source(found.recipe.source, [found.seeds[wildcards.seed]])
    )


# The files lie where Snakemake runs, and not where jobs do.
for folder in WITH_TRAININGS if workflow.is_main_process else ():
    cell = CELLS[folder]
    seeds = list(cell.seeds.values())
    if why := placed_source(cell.parameters.recipe.source, seeds).refused(seeds):
        at = cell.study if cell.study == cell.experiment else f"studies.{cell.study}"
        raise WorkflowError(f"{at}.seeds: {why}, or set {cell.experiment}.parameters.mode to train")
TRAINED = any_of(key for key, found in TRAININGS.items() if found.recipe.source.mode == "train")
GIVEN = any_of(key for key, found in TRAININGS.items() if found.recipe.source.mode != "train")


def training_of(wildcards):
    """What decides trained parameters."""
    seed = TRAININGS[wildcards.key].seeds[wildcards.seed]
    return {"recipe": plain(recipe_of(wildcards)), "seed": seed}


def trained(cell, seeds, kind="npz"):
    """The trained parameters of some seeds of a cell, or what stands beside them."""
    key = WITH_TRAININGS[cell.folder]
    return [f"results/trainings/{key}/{trainings.name_of(seed)}.{kind}" for seed in seeds]


def files_taken(cell):
    """The data set and the trained parameters of a cell, with what stands beside them."""
    seeds = list(cell.seeds.values())
    return {
        "dataset": dataset(data_of(cell)),
        "origin": dataset(data_of(cell), "json"),
        **{
            name: trained(cell, seeds, kind)
            for name, kind in (("parameters", "npz"), ("provenances", "json"), ("histories", "csv"))
        },
    }


def trainings_of(cell):
    """For each seed of a cell, which training its parameters come from, if they are trained."""
    key = WITH_TRAININGS[cell.folder]
    return {number: f"{key}/{trainings.name_of(seed)}" for number, seed in cell.seeds.items()}


PROVIDED["dataset"] = lambda cell, seeds: dataset(data_of(cell))
PROVIDED["trained_parameters"] = trained

SHOWN = [cell for cell in WITH_IMAGES if not STUDIES[cell.study].generated]
ORIGINS["datasets"] = {name: dataset(name, "json") for name in sorted(set(map(data_of, SHOWN)))}
ORIGINS["parameters"] = {
    f"{WITH_TRAININGS[cell.folder]}/{number}": trained(cell, [seed], "json")[0]
    for cell in SHOWN
    if STUDIES[cell.study].own and cell.folder in WITH_TRAININGS
    for number, seed in cell.seeds.items()
}
