"""What there is of a study of which a job failed: its tables and figures, marked as partial."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from snnlearn.figures import FigureSettings, over_cells, style
from snnlearn.results import PARTIAL, manifest, study_metrics, write_table


def write(
    results: Path,
    study: str,
    cells: Sequence[Mapping[str, Any]],
    axes: Mapping[str, Sequence[Any]],
    metrics: Sequence[str],
    sources: Mapping[int, Mapping[str, int]],
    settings: FigureSettings,
) -> Path | None:
    """Join and draw what is finished of a study.

    Parameters
    ----------
    results : pathlib.Path
        The folder of results.
    study : str
        Name of the study.
    cells : sequence of mapping
        As in :func:`snnlearn.results.manifest`, with the ``numbers`` of the batches of each.
    axes : mapping of str to sequence
        The values of each key that it sweeps.
    metrics : sequence of str
        The metrics to draw.
    sources : mapping of int to mapping
        As in :func:`snnlearn.results.study_metrics`.
    settings : FigureSettings
        How figures look.

    Returns
    -------
    pathlib.Path or None
        The folder it was written to; None where nothing is finished, or everything.
    """
    batches, there = [], []
    for cell in cells:
        files = [
            results / cell["folder"] / "metrics" / f"batch-{number:04d}.csv"
            for number in cell["numbers"]
        ]
        finished = [file for file in files if file.is_file()]
        batches += finished
        if finished:
            there.append({**cell, "batches": len(finished)})
    if not there or len(batches) == sum(len(cell["numbers"]) for cell in cells):
        return None
    folder = results / study / PARTIAL
    folder.mkdir(parents=True, exist_ok=True)
    joined = study_metrics(study, there, batches, sources)
    write_table(joined, folder / "metrics.csv")
    write_table(manifest(cells, joined), folder / "manifest.csv")
    style.apply(settings)
    for metric in metrics:
        figure = over_cells.draw(joined, study, axes, metric, settings)
        figure.suptitle(f"partial: {len(there)} of {len(cells)} cells have results")
        style.save(figure, folder / metric, settings)
    return folder
