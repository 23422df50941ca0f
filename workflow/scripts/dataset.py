import logging
from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.data import datasets, obtaining
from snnlearn.data.origin import write_origin

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)
logger = logging.getLogger("snnlearn")

settings = snakemake.params.job
images, origin = obtaining.obtain(
    obtaining.DataSettings(**settings["data"]),
    Path(settings["downloads"]),
    on_unavailable=settings["on_unavailable"],
)
datasets.write(Path(snakemake.output.images), images)
write_origin(Path(snakemake.output.origin), origin)
logger.info("%s, from %s", origin.label, origin.source)
job.end(snakemake)
