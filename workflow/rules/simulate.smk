SIMULATED = any_of(folder for folder, cell in CELLS.items() if cell.traces)
MEASURED_AT_ONCE = any_of(folder for folder, cell in CELLS.items() if not cell.traces)


# Everything that runs a network: the chapter's runs, slips, variance, and studies.
rule simulate:
    input:
        unpack(lambda w: with_origins(inputs_of(w.cell, batch_seeds(w).values()))),
    output:
        traces="results/{cell}/runs/batch-{batch}.parquet",
    log:
        messages="results/logs/simulate/{cell}-{batch}.log",
        times="results/logs/simulate/{cell}-{batch}.times.json",
    benchmark:
        "results/benchmarks/simulate/{cell}-{batch}.jsonl"
    wildcard_constraints:
        cell=SIMULATED,
    conda:
        "../../envs/snnlearn.yaml"
    threads: lambda w: resources_of(w.cell).threads
    resources:
        # Three times the widest traces of a seed, 8 MB, in a batch.
        mem_mb=lambda w, attempt: attempt
        * (resources_of(w.cell).memory_mb + 8 * len(batch_seeds(w))),
        runtime=per_attempt(20),
        at_once=1,  # batches that a cluster's profile puts into one job follow each other
        core_seconds=lambda w: 8 + len(batch_seeds(w)) * resources_of(w.cell).seconds,
        kept_mb=lambda w: (
            len(batch_seeds(w)) * resources_of(w.cell).trace_mb if CELLS[w.cell].traces else 0
        ),
    params:
        job=lambda w: job_of(w.cell, batch_seeds(w), "simulate"),
    message:
        "Simulate {wildcards.cell}, batch {wildcards.batch}"
    script:
        "../scripts/simulate.py"


use rule simulate as simulate_and_measure with:
    output:
        metrics="results/{cell}/metrics/batch-{batch}.csv",
    wildcard_constraints:
        cell=MEASURED_AT_ONCE,
    params:
        job=lambda w: job_of(w.cell, batch_seeds(w), "simulate", "measure"),


rule measure:
    input:
        traces="results/{cell}/runs/batch-{batch}.parquet",
    output:
        metrics="results/{cell}/metrics/batch-{batch}.csv",
    log:
        "results/logs/measure/{cell}-{batch}.log",
    benchmark:
        "results/benchmarks/measure/{cell}-{batch}.jsonl"
    wildcard_constraints:
        cell=SIMULATED,
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job=lambda w: job_of(w.cell, batch_seeds(w), "measure"),
    message:
        "Measure {wildcards.cell}, batch {wildcards.batch}"
    script:
        "../scripts/measure.py"


rule closeup:
    input:
        unpack(lambda w: with_origins(inputs_of(w.cell, closeup_seeds_of(w.cell).values()))),
    output:
        "results/{cell}/closeup.parquet",
    log:
        "results/logs/closeup/{cell}.log",
    benchmark:
        "results/benchmarks/closeup/{cell}.jsonl"
    conda:
        "../../envs/snnlearn.yaml"
    threads: lambda w: resources_of(w.cell).threads
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(60),
    params:
        job=lambda w: job_of(w.cell, closeup_seeds_of(w.cell), "closeup"),
    message:
        "Record {wildcards.cell} in detail"
    script:
        "../scripts/closeup.py"
