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
