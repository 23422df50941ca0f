"""When a job ran."""

import json
from pathlib import Path

MS_PER_SECOND = 1000


def span_of(output: Path, benchmark: Path) -> tuple[int, int] | None:
    """Start and end of the job that wrote a file, in ms since 1970 (UTC).

    It ended when the file was written, and lasted as long as Snakemake's benchmark of it says.

    Parameters
    ----------
    output : pathlib.Path
        What the job wrote last.
    benchmark : pathlib.Path
        Its benchmark, in JSON lines; the first counts.

    Returns
    -------
    tuple of int, or None
        None where there is no benchmark.
    """
    if not benchmark.is_file():
        return None
    seconds = float(json.loads(benchmark.read_text().splitlines()[0])["s"])
    ended = output.stat().st_mtime
    return round((ended - seconds) * MS_PER_SECOND), round(ended * MS_PER_SECOND)
