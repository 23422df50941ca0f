rule tracking:
    input:
        unpack(lambda w: {f"{name}_runs": traces(name) for name in EXPERIMENTS}),
        unpack(lambda w: {f"{name}_figures": figures(name) for name in EXPERIMENTS}),
        metrics="results/metrics.csv",
        provenance="results/provenance.json",
        dataset="results/mnist/dataset.json",
        provenances=expand(
            "results/mnist/parameters/seed-{seed}.json", seed=SETTINGS.blocks["mnist"].seeds
        ),
        histories=expand(
            "results/mnist/parameters/seed-{seed}.csv", seed=SETTINGS.blocks["mnist"].seeds
        ),
        code=modules_behind("snnlearn.tracking"),
    output:
        "results/tracking.json",
    log:
        "results/logs/tracking.log",
    benchmark:
        "results/benchmarks/tracking.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        settings=configuration.plain(SETTINGS.general.tracking),
        studies={
            name: {
                "parameters": configuration.plain(SETTINGS.blocks[name].parameters),
                "code": simulation_code(name),
            }
            for name in EXPERIMENTS
        },
    message:
        "Log all runs to MLflow at {params.settings[uri]}"
    script:
        "../scripts/tracking.py"
