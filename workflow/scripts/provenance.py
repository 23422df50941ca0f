import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import job

from snnlearn.data.files import write_text
from snnlearn.jobs.provenance import collect

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

# An input is one file with one origin, or one for each seed.
origins: dict[str, Any] = {}
for name, seeds in snakemake.params.job["origins"].items():
    files = snakemake.input[name]
    records = [json.loads(Path(file).read_text()) for file in ([files] if seeds is None else files)]
    origins[name] = records[0] if seeds is None else dict(zip(seeds, records, strict=True))
record = collect(snakemake.params.job["configuration"], **origins)
write_text(Path(snakemake.output[0]), json.dumps(record, indent=2, sort_keys=True) + "\n")
job.end(snakemake)
