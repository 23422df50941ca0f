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
    priority: FIRST
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job=DATA | {"code": code_of("snnlearn.data.obtaining")},
    message:
        "Find or download, and verify, the images of {params.job[data][name]}"
    script:
        "../scripts/dataset.py"


rule given_file:
    input:
        files=lambda w: local(TRAININGS[w.key].recipe.source.files(TRAININGS[w.key].seeds[w.seed])),
    output:
        parameters="results/trainings/{key}/given/{seed}.npz",
        provenance="results/trainings/{key}/given/{seed}.json",
    log:
        "results/logs/trainings/{key}/given/{seed}.log",
    benchmark:
        "results/benchmarks/trainings/{key}/given/{seed}.jsonl"
    wildcard_constraints:
        key=GIVEN,
    priority: FIRST
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job=lambda w: {
            "source": plain(TRAININGS[w.key].recipe.source),
            "seed": TRAININGS[w.key].seeds[w.seed],
            "code": code_of("snnlearn.mnist.parameter_source:obtain"),
        },
    message:
        "Get and check the trained parameters of seed {wildcards.seed} ({params.job[source][mode]})"
    script:
        "../scripts/given_file.py"


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
    priority: FIRST
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
        given="results/trainings/{key}/given/{seed}.npz",
        given_origin="results/trainings/{key}/given/{seed}.json",
    wildcard_constraints:
        key=GIVEN,
    message:
        "Provide the trained parameters of seed {wildcards.seed}"


localrules:
    given_parameters,
