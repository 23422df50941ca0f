TRACES_KEPT = cells_where(lambda cell: cell.traces)
MEASURED_LATER = cells_where(lambda cell: cell.traces or cell.traces_of)
MEASURED_AT_ONCE = cells_where(lambda cell: not cell.traces and not cell.traces_of)


# Everything that runs a network: the chapter's runs, slips, variance, and studies.
rule simulate:
    input:
        unpack(lambda w: with_origins(inputs_of(folder_of(w), batch_seeds(w).values()))),
    output:
        traces="results/{study}{cell}/runs/batch-{batch}.parquet",
    log:
        messages="results/logs/simulate/{study}{cell}-{batch}.log",
        times="results/logs/simulate/{study}{cell}-{batch}.times.json",
    benchmark:
        "results/benchmarks/simulate/{study}{cell}-{batch}.jsonl"
    wildcard_constraints:
        cell=TRACES_KEPT,
    priority: urgency
    conda:
        "../../envs/snnlearn.yaml"
    threads: lambda w: resources_of(folder_of(w)).threads
    resources:
        # Three times the widest traces of a seed, 8 MB, in a batch.
        mem_mb=lambda w, attempt: attempt
        * (resources_of(folder_of(w)).memory_mb + 8 * len(batch_seeds(w))),
        runtime=per_attempt(20),
        at_once=1,  # batches that a cluster's profile puts into one job follow each other
        core_seconds=core_seconds,
        kept_mb=lambda w: (
            len(batch_seeds(w)) * resources_of(folder_of(w)).trace_mb
            if CELLS[folder_of(w)].traces
            else 0
        ),
    params:
        job=lambda w: job_of(folder_of(w), batch_seeds(w), "simulate"),
        seeds=lambda w: ranges(batch_seeds(w)),
    message:
        "Simulate {wildcards.study}{wildcards.cell}, batch {wildcards.batch} (seeds {params.seeds})"
    script:
        "../scripts/simulate.py"


use rule simulate as simulate_and_measure with:
    output:
        metrics="results/{study}{cell}/metrics/batch-{batch}.csv",
    wildcard_constraints:
        cell=MEASURED_AT_ONCE,
    params:
        job=lambda w: job_of(folder_of(w), batch_seeds(w), "simulate", "measure"),
        seeds=lambda w: ranges(batch_seeds(w)),


rule measure:
    input:
        traces=lambda w: "results/{}/runs/batch-{}.parquet".format(
            CELLS[folder_of(w)].traces_of or folder_of(w), w.batch
        ),
    output:
        metrics="results/{study}{cell}/metrics/batch-{batch}.csv",
    log:
        "results/logs/measure/{study}{cell}-{batch}.log",
    benchmark:
        "results/benchmarks/measure/{study}{cell}-{batch}.jsonl"
    wildcard_constraints:
        cell=MEASURED_LATER,
    priority: SOON
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job=lambda w: job_of(folder_of(w), batch_seeds(w), "measure"),
    message:
        "Measure {wildcards.study}{wildcards.cell}, batch {wildcards.batch}"
    script:
        "../scripts/measure.py"


rule closeup:
    input:
        unpack(
            lambda w: with_origins(
                inputs_of(folder_of(w), closeup_seeds_of(folder_of(w)).values())
            )
        ),
    output:
        "results/{study}{cell}/closeup.parquet",
    log:
        "results/logs/closeup/{study}{cell}.log",
    benchmark:
        "results/benchmarks/closeup/{study}{cell}.jsonl"
    priority: urgency
    conda:
        "../../envs/snnlearn.yaml"
    threads: lambda w: resources_of(folder_of(w)).threads
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(60),
    params:
        job=lambda w: job_of(folder_of(w), closeup_seeds_of(folder_of(w)), "closeup"),
    message:
        "Record {wildcards.study}{wildcards.cell} in detail"
    script:
        "../scripts/closeup.py"
