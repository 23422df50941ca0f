from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.results import manifest, remove_partial, study_metrics

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

study, batches = snakemake.params.job, [Path(file) for file in snakemake.input.batches]
metrics = study_metrics(study["study"], study["cells"], batches, study["sources"])
metrics.to_csv(snakemake.output.metrics, index=False)
remove_partial(Path("results"), study["study"])
manifest(study["cells"], metrics).to_csv(snakemake.output.manifest, index=False)
