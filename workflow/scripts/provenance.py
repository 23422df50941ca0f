import json
from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.jobs.provenance import collect

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

record = collect(
    snakemake.params.configuration,
    json.loads(Path(snakemake.input.dataset).read_text()),
    {Path(file).stem: json.loads(Path(file).read_text()) for file in snakemake.input.parameters},
)
Path(snakemake.output[0]).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
