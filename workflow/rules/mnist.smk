wildcard_constraints:
    dataset=any_of(DATASETS),
    key=any_of(TRAININGS),
    seed=any_of(name for found in TRAININGS.values() for name in found.seeds),


rule dataset:
    input:
        candidates=lambda w: local(DATASETS[w.dataset].files()),
    output:
        images=dataset("{dataset}"),
        origin=dataset("{dataset}", "json"),
    log:
        "results/logs/data/{dataset}.log",
    benchmark:
        "results/benchmarks/data/{dataset}.jsonl"
    priority: FIRST
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job=lambda w: obtained(w.dataset)
        | {
            "downloads": placed("resources/downloads"),
            "code": code_of("snnlearn.data.obtaining"),
        },
    message:
        "Find or download, and verify, the images of {params.job[data][name]}"
    script:
        "../scripts/dataset.py"


rule train:
    input:
        dataset=lambda w: dataset(TRAINED_ON[w.key]),
        origin=lambda w: dataset(TRAINED_ON[w.key], "json"),
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
    priority: FIRST
    conda:
        "../../envs/snnlearn.yaml"
    threads: lambda w: TRAININGS[w.key].threads
    resources:
        mem_mb=lambda w, attempt: attempt * trainings.memory_mb(TRAININGS[w.key]),
        runtime=lambda w, attempt: attempt * trainings.minutes(TRAININGS[w.key].recipe),
        core_seconds=lambda w: trainings.seconds(TRAININGS[w.key].recipe),
    params:
        job=training_of,
    message:
        "Train the network of seed {wildcards.seed}"
    script:
        "../scripts/train.py"


# Trains as well, where parameters that are given do not fit the images that there are.
use rule train as given_parameters with:
    input:
        files=lambda w: local(recipe_of(w).source.files(TRAININGS[w.key].seeds[w.seed])),
        dataset=lambda w: dataset(TRAINED_ON[w.key]),
        origin=lambda w: dataset(TRAINED_ON[w.key], "json"),
    wildcard_constraints:
        key=GIVEN,
    localrule: True
    params:
        job=lambda w: training_of(w) | {"code": code_of("snnlearn.mnist.parameter_source:obtain")},
    message:
        "Get and check the trained parameters of seed {wildcards.seed}"
