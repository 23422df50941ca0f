onstart:
    if SETTINGS.general.tracking.enabled and SETTINGS.general.tracking.live:
        live.start(
            plain(SETTINGS.general.tracking),
            plain(MNIST),
            simulation_code("mnist"),
            {
                seed: expand(TRAINING_PROGRESS, seed=seed)[0]
                for seed in SETTINGS.blocks["mnist"].seeds
            },
            {
                "configuration_sha256": SETTINGS.sha256(),
                "fidelity": SETTINGS.general.fidelity,
            },
        )


rule tracking:
    input:
        unpack(lambda w: {f"{name}_runs": traces(name) for name in EXPERIMENTS}),
        unpack(lambda w: {f"{name}_figures": figures(name) for name in EXPERIMENTS}),
        metrics="results/metrics.csv",
        provenance="results/provenance.json",
        dataset="results/mnist/dataset.json",
        images="results/mnist/dataset.npz",
        parameters=expand(
            "results/mnist/parameters/seed-{seed}.npz", seed=SETTINGS.blocks["mnist"].seeds
        ),
        provenances=expand(
            "results/mnist/parameters/seed-{seed}.json", seed=SETTINGS.blocks["mnist"].seeds
        ),
        histories=expand(
            "results/mnist/parameters/seed-{seed}.csv", seed=SETTINGS.blocks["mnist"].seeds
        ),
        code=modules_behind("snnlearn.tracking.runs", "snnlearn.tracking.live"),
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
        settings=plain(SETTINGS.general.tracking),
        configuration={
            "effective": SETTINGS.plain(),
            "given": given(config, SETTINGS.plain(), loading.load({}).plain()),
        },
        studies={
            name: {
                "parameters": plain(SETTINGS.blocks[name].parameters),
                "code": simulation_code(name),
            }
            for name in EXPERIMENTS
        },
    message:
        "Log all runs to MLflow at {params.settings[uri]}"
    script:
        "../scripts/tracking.py"
