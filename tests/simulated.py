"""Simulate and measure some seeds at once, as two jobs of the workflow do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from snnlearn.simulation import measure, runs_in, simulate


def batch(
    experiment: Any, parameters: Any, seeds: Sequence[int], **inputs: Path | Sequence[Path]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Traces and metrics of some seeds."""
    runs = simulate(experiment, parameters, dict(zip(seeds, seeds, strict=True)), **inputs)
    traces = pd.concat(runs, ignore_index=True)
    return traces, measure(experiment, parameters, runs_in(traces))
