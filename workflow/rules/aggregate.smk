from snnlearn.report.overview import TEMPLATE
from snnlearn.verdict import controls, errata, variance

CONTROLS = [study for study in STUDIES.values() if study.name.startswith(controls.STUDY)]
ERRATA = [study for study in STUDIES.values() if study.name.startswith(errata.STUDY)]
# The studies that claims may be about: one that is not configured has none in the verdict.
JUDGED = {study.name: study.experiment for study in OWN + CONTROLS + LISTED}
CLAIMED = {
    study
    for _, claim in listed(JUDGED)
    for study in (claim.study, claim.control_in(claim.study)[0])
}
VARIANCE = [study for study in STUDIES.values() if study.name.startswith(variance.STUDY)]


rule metrics:
    input:
        batches=metrics_of(cell for study in OWN for cell in study.cells),
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
    priority: SOON
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job={
            "runs": runs_of(cell for study in OWN for cell in study.cells),
            "code": code_of("snnlearn.results"),
        },
    message:
        "Join the metrics of all seeds"
    script:
        "../scripts/metrics.py"


rule study_metrics:
    input:
        batches=lambda w: metrics_of(STUDIES[w.study].cells),
    output:
        metrics="results/{study}/metrics.csv",
        manifest="results/{study}/manifest.csv",
    log:
        "results/logs/metrics/{study}.log",
    benchmark:
        "results/benchmarks/metrics/{study}.jsonl"
    wildcard_constraints:
        study=any_of(study.name for study in STUDIES.values() if not study.own),
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job=lambda w: {
            "study": w.study,
            "results": str(RESULTS),
            "cells": [
                entry_of(cell) | {"batches": len(BATCHES[cell.folder])}
                for cell in STUDIES[w.study].cells
            ],
            "sources": sources_of(STUDIES[w.study]),
            "runs": runs_of(STUDIES[w.study].cells),
            "code": code_of("snnlearn.results"),
        },
    message:
        "Join the metrics of all cells of {wildcards.study}"
    script:
        "../scripts/study_metrics.py"


rule verdict:
    input:
        "results/metrics.csv",
        sorted(f"results/{study}/metrics.csv" for study in CLAIMED if not STUDIES[study].own),
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
    params:
        job=judging(JUDGED),
    message:
        "Judge the chapter's claims"
    script:
        "../scripts/verdict.py"


# Of one experiment alone, for who checks a claim: families of claims are of one study, so each row
# is that of the whole verdict. Nothing else asks for it.
use rule verdict as verdict_alone with:
    input:
        lambda w: metrics_of(STUDIES[w.study].cells),
        lambda w: sorted(
            f"results/{study}/metrics.csv"
            for study in judged_with(w.study)
            if study in CLAIMED and not STUDIES[study].own
        ),
    output:
        table="results/{study}/verdict.csv",
        markdown="results/{study}/verdict.md",
    log:
        "results/logs/verdict/{study}.log",
    benchmark:
        "results/benchmarks/verdict/{study}.jsonl"
    wildcard_constraints:
        study=any_of(study.name for study in OWN),
    params:
        job=lambda w: judging(judged_with(w.study)),
    message:
        "Judge the claims about {wildcards.study} alone"


rule errata:
    input:
        metrics=[f"results/{study.name}/metrics.csv" for study in ERRATA],
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
    params:
        job={
            "slips": {name: [repr(slip) for slip in slips(name)] for name in EXPERIMENTS},
            "code": code_of("snnlearn.verdict.errata:table", "snnlearn.verdict.errata:markdown"),
        },
    message:
        "Put what was published and what is corrected side by side"
    script:
        "../scripts/errata.py"


rule variance:
    input:
        metrics=[f"results/{study.name}/metrics.csv" for study in VARIANCE],
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
    params:
        job={
            "studies": [
                (study.experiment, list(study.sources), study.metrics) for study in VARIANCE
            ],
            "code": code_of(
                "snnlearn.verdict.variance:decompose", "snnlearn.verdict.variance:markdown"
            ),
        },
    message:
        "Decompose the variance between runs"
    script:
        "../scripts/variance.py"


rule provenance:
    input:
        unpack(lambda w: origins()),
        metrics="results/metrics.csv",
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
    priority: SOON
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job={
            "configuration": {
                "sha256": SETTINGS.sha256(),
                "differs_from_default": DIFFERS,
                "seeds": {
                    name: list(block.seeds)
                    for name, block in SETTINGS.blocks.items()
                    if block.runs
                },
            },
            "origins": {
                name: list(files) if isinstance(files, dict) else None
                for name, files in ORIGINS.items()
            },
            "code": code_of("snnlearn.jobs.provenance"),
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
    params:
        job={"titles": TITLES, "code": code_of("snnlearn.report.overview")},
    message:
        "Lay the tables out as a page"
    script:
        "../scripts/overview.py"
