rule figure:
    input:
        unpack(lambda w: inputs_of(w.experiment, SETTINGS.blocks[w.experiment].seeds)),
        runs=lambda w: traces(w.experiment),
        closeup=lambda w: closeup(w.experiment),
        code=lambda w: modules_behind(f"snnlearn.figures.{w.experiment}"),
    output:
        png=report(
            "results/{experiment}/figures/{figure}.png",
            caption="../report/figure.rst",
            category=lambda w: FIGURES[w.experiment].title,
            labels={"figure": "{figure}"},
        ),
        svg="results/{experiment}/figures/{figure}.svg",
    log:
        "results/logs/figures/{experiment}-{figure}.log",
    benchmark:
        "results/benchmarks/figures/{experiment}-{figure}.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        settings=plain(SETTINGS.general.figures),
        parameters=lambda w: PARAMETERS[w.experiment],
    message:
        "Draw {wildcards.experiment}: {wildcards.figure}"
    script:
        "../scripts/figure.py"
