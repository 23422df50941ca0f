rule varied:
    input:
        lambda w: beside(inputs_of(w.experiment, [])),
        dataset=lambda w: inputs_of(w.experiment, []).get("dataset", []),
        code=lambda w: modules_behind(
            f"snnlearn.variance.{w.experiment}", "snnlearn.verdict.variance"
        ),
    output:
        "results/{experiment}/varied.csv",
    log:
        "results/logs/varied/{experiment}.log",
    benchmark:
        "results/benchmarks/varied/{experiment}.jsonl"
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        cell=lambda w: {
            "parameters": PARAMETERS[w.experiment],
            "settings": plain(SETTINGS.variance_of(w.experiment)),
        },
    message:
        "Vary each source of randomness of {wildcards.experiment} alone"
    script:
        "../scripts/varied.py"


rule variance:
    input:
        runs=expand("results/{experiment}/varied.csv", experiment=SETTINGS.varied()),
        code=modules_behind("snnlearn.verdict.variance"),
    output:
        table="results/variance.csv",
        markdown="results/variance.md",
    log:
        "results/logs/variance.log",
    benchmark:
        "results/benchmarks/variance.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        experiments=SETTINGS.varied(),
    message:
        "Decompose the variance between runs"
    script:
        "../scripts/variance.py"
