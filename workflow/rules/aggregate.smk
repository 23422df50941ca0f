rule metrics:
    input:
        batches=[
            batches(name, "results/{experiment}/metrics/batch-{batch}.csv") for name in EXPERIMENTS
        ],
        code=modules_behind("snnlearn.results"),
    output:
        report(
            "results/metrics.csv",
            caption="../report/metrics.rst",
            category="All experiments",
            labels={"table": "metrics"},
        ),
    log:
        "results/logs/metrics.log",
    benchmark:
        "results/benchmarks/metrics.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Join the metrics of all seeds"
    script:
        "../scripts/metrics.py"


rule verdict:
    input:
        metrics="results/metrics.csv",
        code=modules_behind("snnlearn.verdict.table", "snnlearn.registry"),
    output:
        table=report(
            "results/verdict.csv",
            caption="../report/verdict.rst",
            category="All experiments",
            labels={"table": "verdict"},
        ),
        markdown=report(
            "results/verdict.md",
            caption="../report/verdict_page.rst",
            category="All experiments",
            labels={"table": "verdict as a page"},
        ),
    log:
        "results/logs/verdict.log",
    benchmark:
        "results/benchmarks/verdict.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Judge the chapter's claims"
    script:
        "../scripts/verdict.py"


rule provenance:
    input:
        metrics="results/metrics.csv",
        dataset="results/mnist/dataset.json",
        parameters=expand(
            "results/mnist/parameters/seed-{seed}.json", seed=SETTINGS.blocks["mnist"].seeds
        ),
        code=modules_behind("snnlearn.jobs.provenance"),
    output:
        report(
            "results/provenance.json",
            caption="../report/provenance.rst",
            category="All experiments",
            labels={"table": "provenance"},
        ),
    log:
        "results/logs/provenance.log",
    benchmark:
        "results/benchmarks/provenance.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        configuration={
            "sha256": SETTINGS.sha256(),
            "seeds": {name: list(block.seeds) for name, block in SETTINGS.blocks.items()},
        },
    message:
        "Write down what made these results"
    script:
        "../scripts/provenance.py"


rule overview:
    input:
        verdict="results/verdict.csv",
        errata="results/errata.csv",
        variance="results/variance.csv",
        provenance="results/provenance.json",
        template=local(os.path.relpath(TEMPLATE)),
        code=modules_behind("snnlearn.report.overview"),
    output:
        report(
            "results/overview.html",
            caption="../report/overview.rst",
            category="All experiments",
            labels={"table": "overview"},
        ),
    log:
        "results/logs/overview.log",
    benchmark:
        "results/benchmarks/overview.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        titles={name: shown.title for name, shown in FIGURES.items()},
    message:
        "Lay the tables out as a page"
    script:
        "../scripts/overview.py"
