from snnlearn.config.loading import load
from snnlearn.config.model import given
from snnlearn.tracking import live, record
from snnlearn.tracking.files import file_of

TRACKING = SETTINGS.general.tracking
if database := file_of(TRACKING.uri):
    TRACKING = replace(TRACKING, uri=f"sqlite:///{placed(str(database))}")
TRACKED = [cell for study in OWN + LISTED for cell in study.cells]


def tracked():
    """What the tracking rule makes, if tracking is on."""
    return ["results/tracking.json"] if TRACKING.enabled else []


def tracked_files(number, cell):
    """What is logged of a cell, by names of its own."""
    study = STUDIES[cell.study]
    files = {
        "runs": traces([cell]) if cell.traces else [],
        "figures": figure_files(study),
        "metrics": "results/metrics.csv" if study.own else f"results/{study.name}/metrics.csv",
    }
    if cell.folder in WITH_TRAININGS:
        files |= files_taken(cell)
    others = set(EXPERIMENTS[cell.experiment].inputs) - {"dataset", "trained_parameters"}
    if others:
        taken = inputs_of(cell.folder, cell.seeds.values())
        files["others"] = list(flattened(taken[name] for name in sorted(others)))
    return {f"{name}_{number}": found for name, found in files.items()}


def tracked_cell(cell):
    """What decides the runs of a cell, and how they are described."""
    study = STUDIES[cell.study]
    return {
        "study": cell.study,
        "cell": cell.name,
        "experiment": cell.experiment,
        "parameters": PARAMETERS[cell.folder],
        "code": code(cell.folder, "simulate", "measure"),
        "captions": described(study.experiment).captions if study.own else CAPTIONS[study.name],
        "times": batches([cell], placed("results/logs/simulate/{cell}-{batch}.times.json")),
        "batches": [list(seeds) for seeds in BATCHES[cell.folder].values()],
        "sources": sources_of(study),
        "trainings": trainings_of(cell) if cell.folder in WITH_TRAININGS else {},
    }


def show_trainings():
    """Start to show trainings in MLflow while they run, if that is wanted."""
    for experiment in [study.name for study in OWN if study.name in WITH_TRAININGS]:
        if TRACKING.enabled and TRACKING.live:
            live.start(
                plain(TRACKING),
                experiment,
                [
                    live.Training(
                        key=training,
                        seed=seed,
                        file=placed(TRAINING_PROGRESS.format(training=training)),
                        parameters=PARAMETERS[experiment],
                    )
                    for seed, training in trainings_of(CELLS[experiment]).items()
                ],
                {
                    "configuration_sha256": SETTINGS.sha256(),
                    "fidelity": SETTINGS.general.fidelity,
                },
                RESULTS,
            )
