TRAINING_PROGRESS = "results/logs/parameters/seed-{seed}.progress.jsonl"
TRAINED_HERE = MNIST.parameters.mode == "train"


rule dataset:
    input:
        candidates=local(SETTINGS.general.data.candidates()),
        code=modules_behind("snnlearn.data.obtaining"),
    output:
        images="results/mnist/dataset.npz",
        origin="results/mnist/dataset.json",
    log:
        "results/logs/dataset.log",
    benchmark:
        "results/benchmarks/dataset.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings={
            "data": plain(SETTINGS.general.data),
            "on_unavailable": MNIST.on_unavailable,
        },
    message:
        "Find or download, and verify, the images of {params.settings[data][name]}"
    script:
        "../scripts/dataset.py"


rule shared_parameters:
    input:
        files=local(MNIST.parameters.files()),
        code=modules_behind("snnlearn.mnist.parameter_source"),
    output:
        parameters="results/mnist/parameters/shared.npz",
        provenance="results/mnist/parameters/shared.json",
    log:
        "results/logs/shared_parameters.log",
    benchmark:
        "results/benchmarks/shared_parameters.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        source=plain(MNIST.parameters),
    message:
        "Get and check the trained parameters ({params.source[mode]})"
    script:
        "../scripts/shared_parameters.py"


rule parameters:
    input:
        "results/mnist/dataset.json",
        ([] if TRAINED_HERE else "results/mnist/parameters/shared.json"),
        dataset="results/mnist/dataset.npz",
        shared=([] if TRAINED_HERE else "results/mnist/parameters/shared.npz"),
        code=modules_behind("snnlearn.mnist.parameter_source"),
    output:
        parameters="results/mnist/parameters/seed-{seed}.npz",
        provenance="results/mnist/parameters/seed-{seed}.json",
        history="results/mnist/parameters/seed-{seed}.csv",
    log:
        messages="results/logs/parameters/seed-{seed}.log",
        progress=TRAINING_PROGRESS,
    benchmark:
        "results/benchmarks/parameters/seed-{seed}.jsonl"
    localrule: not TRAINED_HERE
    conda:
        "../../envs/snnlearn.yaml"
    threads: MNIST.threads
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        cell={"parameters": plain(MNIST)},
    message:
        "Provide the trained parameters of network seed {wildcards.seed}"
    script:
        "../scripts/parameters.py"
