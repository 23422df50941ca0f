"""Figures: one module an experiment, with one function a figure, and one place for the style."""

from collections.abc import Sequence
from typing import Literal

from pydantic.dataclasses import dataclass

from snnlearn.quantities import STRICT, Count, Positive, Seed


@dataclass(frozen=True, config=STRICT)
class Settings:
    """How figures look; a change here redraws them, and simulates nothing but the example.

    Attributes
    ----------
    example_seed : int, optional
        The seed drawn as the chapter draws its single run; by default, and where it was not
        simulated, the first.
    width : float
        Width in millimetres.
    font_size : float
        Size of the text in points.
    dpi : int
        Resolution of the PNG files in dots per inch.
    palette : str
        A qualitative palette of seaborn: ``colorblind``, which everybody can read, or ``deep``,
        ``muted``, ``bright``, ``dark`` or ``pastel``.
    """

    example_seed: Seed | None = None
    width: Positive = 180.0
    font_size: Positive = 8.0
    dpi: Count = 200
    palette: Literal["colorblind", "deep", "muted", "bright", "dark", "pastel"] = "colorblind"

    def example_of(self, seeds: Sequence[int]) -> int:
        """Which of some seeds is drawn alone."""
        wanted = self.example_seed
        return wanted if wanted is not None and wanted in seeds else min(seeds)
