from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.results import manifest, remove_partial, study_metrics, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

study, batches = snakemake.params.job, [Path(file) for file in snakemake.input.batches]
metrics = study_metrics(study["study"], study["cells"], batches, study["sources"], study["runs"])
write_table(metrics, Path(snakemake.output.metrics))
remove_partial(Path(study["results"]), study["study"])
write_table(manifest(study["cells"], metrics), Path(snakemake.output.manifest))
job.end(snakemake)
