rule slips:
    input:
        lambda w: beside(inputs_of(w.experiment, first_seeds(w.experiment))),
        unpack(lambda w: inputs_of(w.experiment, first_seeds(w.experiment))),
        code=lambda w: modules_behind(
            f"snnlearn.experiments.{w.experiment}", "snnlearn.verdict.errata", "snnlearn.registry"
        ),
    output:
        "results/{experiment}/slips.csv",
    log:
        "results/logs/slips/{experiment}.log",
    benchmark:
        "results/benchmarks/slips/{experiment}.jsonl"
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        cell=lambda w: {
            "parameters": PARAMETERS[w.experiment],
            "seeds": first_seeds(w.experiment),
        },
    message:
        "Simulate {wildcards.experiment} with and without each slip of the chapter"
    script:
        "../scripts/slips.py"


rule errata:
    input:
        slips=expand("results/{experiment}/slips.csv", experiment=SLIPPED),
        code=modules_behind("snnlearn.verdict.errata", "snnlearn.registry"),
    output:
        table="results/errata.csv",
        markdown="results/errata.md",
    log:
        "results/logs/errata.log",
    benchmark:
        "results/benchmarks/errata.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Put what was published and what is corrected side by side"
    script:
        "../scripts/errata.py"
