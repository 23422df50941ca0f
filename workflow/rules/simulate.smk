rule simulate:
    input:
        lambda w: beside(inputs_of(w.experiment, cell(w)["seeds"])),
        unpack(lambda w: inputs_of(w.experiment, cell(w)["seeds"])),
        code=lambda w: simulation_code(w.experiment),
    output:
        traces="results/{experiment}/runs/batch-{batch}.parquet",
        metrics="results/{experiment}/metrics/batch-{batch}.csv",
    log:
        "results/logs/simulate/{experiment}-{batch}.log",
    benchmark:
        "results/benchmarks/simulate/{experiment}-{batch}.jsonl"
    conda:
        "../../envs/snnlearn.yaml"
    threads: lambda w: getattr(SETTINGS.blocks[w.experiment].parameters, "threads", 1)
    resources:
        mem_mb=lambda w, attempt: attempt * memory(w),
        runtime=growing(20),
        at_once=1,  # batches that a cluster's profile puts into one job follow each other
    params:
        # One dict: Snakemake compares params as a set of values, where a swap goes unnoticed.
        cell=cell,
    message:
        "Simulate {wildcards.experiment}, batch {wildcards.batch} (seeds {params.cell[seeds]})"
    script:
        "../scripts/simulate.py"


rule closeup:
    input:
        lambda w: beside(inputs_of(w.experiment, closeup_cell(w.experiment)["seeds"])),
        unpack(lambda w: inputs_of(w.experiment, closeup_cell(w.experiment)["seeds"])),
        code=lambda w: modules_behind(f"snnlearn.experiments.{w.experiment}"),
    output:
        "results/{experiment}/closeup.parquet",
    log:
        "results/logs/closeup/{experiment}.log",
    benchmark:
        "results/benchmarks/closeup/{experiment}.jsonl"
    conda:
        "../../envs/snnlearn.yaml"
    threads: lambda w: getattr(SETTINGS.blocks[w.experiment].parameters, "threads", 1)
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cell=lambda w: closeup_cell(w.experiment),
    message:
        "Record {wildcards.experiment} in detail (seeds {params.cell[seeds]})"
    script:
        "../scripts/closeup.py"
