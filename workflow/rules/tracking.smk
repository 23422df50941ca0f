rule tracking:
    input:
        unpack(
            lambda w: {
                name: found
                for number, cell in enumerate(TRACKED)
                for name, found in tracked_files(number, cell).items()
            }
        ),
        provenance="results/provenance.json",
    output:
        "results/tracking.json",
    log:
        "results/logs/tracking.log",
    benchmark:
        "results/benchmarks/tracking.jsonl"
    priority: SOON
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job={
            "settings": plain(TRACKING),
            "results": str(RESULTS),
            # Another number where what was logged is gone, so that it is logged again.
            "again": (
                record.again(RESULTS / "tracking.json", TRACKING.uri)
                if workflow.is_main_process and TRACKING.enabled
                else 0
            ),
            "configuration": {
                "effective": SETTINGS.plain(),
                "given": given(config, SETTINGS.plain(), load({}).plain()),
            },
            "cells": [tracked_cell(cell) for cell in TRACKED],
            "code": code_of("snnlearn.tracking.runs", "snnlearn.tracking.watching"),
        },
    message:
        "Log all runs to MLflow at {params.job[settings][uri]}"
    script:
        "../scripts/tracking.py"
