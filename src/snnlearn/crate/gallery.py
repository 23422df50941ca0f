"""Write the gallery: every figure with what it shows, its command, and the verdict beside it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from snnlearn.config.loading import load
from snnlearn.config.model import Config
from snnlearn.figures import described
from snnlearn.published import claims
from snnlearn.report.captions import caption_over_cells, sentence
from snnlearn.studies import Study
from snnlearn.verdict import controls
from snnlearn.verdict.table import summary

#: The page, and its pictures, ``<study>/<figure>.png``.
PAGE, PICTURES = Path("docs/gallery.md"), Path("docs/figures/gallery")

#: How fine the pictures of the default configuration are, in dots per inch.
DPI = 110

INTRODUCTION = f"""\
# All figures

Every figure that the pipeline draws, the chapter's first. Each command makes exactly the figure
above it, and with it the others of its section; it is for a shell in the project's folder, and
computes the runs that they are drawn from. `make reproduce` draws the figures of the default
configuration, and `make beyond` all of them. Beside each figure is written a caption of full
length, as `.rst`, with its seeds, configuration and parameters. Figures have 300 dots per inch by
default; those of the default configuration are shown with {DPI}, as
`--config figures='{{"dpi": {DPI}}}'` makes them.

Claims about a study stand below its heading, counted by kind: what a source claims is never
counted with what this project expected itself. The verdicts are those kept in `tests/baseline`.

This page is written by `make review`.
"""


@dataclass(frozen=True)
class Shown:
    """A configuration whose figures are shown.

    Attributes
    ----------
    file : str
        Its file; empty for the default one.
    words : str
        What it is called in a sentence.
    verdict : str
        The verdict that is kept of it, in ``tests/baseline``.
    """

    file: str
    words: str
    verdict: str


CONFIGURATIONS = (
    Shown("", "the default configuration, which is the chapter's", "verdict.csv"),
    Shown(
        "config/beyond.yaml", "`config/beyond.yaml`, which goes beyond the chapter", "beyond.csv"
    ),
)


def page() -> str:
    """The text of ``docs/gallery.md``: a section for each study, of each configuration.

    Raises
    ------
    FileNotFoundError
        If a figure of the default configuration has no picture; the message says how to make it.
    """
    parts = [INTRODUCTION]
    for shown, studies in by_configuration():
        verdict = pd.read_csv(Path("tests/baseline", shown.verdict))
        for study in studies:
            parts += _section(shown, study, verdict)
    return "\n".join(parts)


def by_configuration() -> Iterator[tuple[Shown, list[Study]]]:
    """The studies that have figures, experiments first, with the first configuration of each."""
    before = set[str]()
    for shown in CONFIGURATIONS:
        studies = [
            study
            for study in _settings(shown).studies.values()
            if not study.generated and study.name not in before and figures_of(study)
        ]
        before |= {study.name for study in studies}
        yield shown, sorted(studies, key=lambda study: not study.own)


def picture(study: str, figure: str) -> Path:
    """Where the picture of a figure is kept."""
    return PICTURES / study / f"{figure}.png"


def command(shown: Shown, study: str, figure: str) -> str:
    """What makes a figure, for a shell."""
    given = f" --configfile {shown.file}" if shown.file else ""
    return f".venv/bin/snakemake results/{study}/figures/{figure}.png --cores 2{given}"


def _settings(shown: Shown) -> Config:
    raw = yaml.safe_load(Path(shown.file).read_text(encoding="utf-8")) if shown.file else {}
    return load(raw)


def figures_of(study: Study) -> dict[str, str]:
    """Each figure of a study, and what it shows, in a sentence."""
    figures = {name: sentence(text) for name, text in described(study.name).captions.items()}
    if not study.own:
        figures |= {name: sentence(caption_over_cells(study, name)) for name in study.metrics}
    return figures


def _section(shown: Shown, study: Study, verdict: pd.DataFrame) -> Iterator[str]:
    yield f"## {described(study.name).title}\n"
    yield f"Figures of {shown.words}.\n"
    yield from _told(shown, study.name, verdict)
    for figure, text in figures_of(study).items():
        yield f"### `{study.name}/{figure}`\n"
        yield f"{text}.\n"
        file = picture(study.name, figure)
        if file.is_file():
            yield f"![{study.name}/{figure}]({file.relative_to(PAGE.parent).as_posix()})\n"
        elif shown.file:
            yield "No picture of it is kept; the command draws it.\n"
        else:
            raise FileNotFoundError(
                f"{file} is missing, the picture of a figure of the default configuration: run "
                f"`{command(shown, study.name, figure)} --config figures='{{\"dpi\": {DPI}}}'`, "
                f"and copy results/{study.name}/figures/{figure}.png there"
            )
        yield f"```bash\n{command(shown, study.name, figure)}\n```\n"


def _told(shown: Shown, name: str, verdict: pd.DataFrame) -> Iterator[str]:
    """What was claimed about a study, counted by kind and verdict."""
    of = verdict["name"].str.partition(".")[0]
    counts = summary(verdict[of.isin([name, controls.STUDY + name])])
    if counts:
        yield f"Its claims ({_where(shown, name)}):\n"
        yield "\n".join(f"- {count}" for count in counts) + "\n"
    elif claims(name):
        yield f"Its claims are in `src/snnlearn/published/{name}.py`; no verdict on them is kept.\n"
    else:
        yield "Nothing is claimed about it.\n"


def _where(shown: Shown, name: str) -> str:
    """A link to the rows of the verdict."""
    if not shown.file:
        anchor = re.sub(r"[^\w -]", "", described(name).title.lower()).replace(" ", "-")
        return f"[claim by claim](claims.md#{anchor})"
    about = PAGE.parent / "beyond" / f"{name}.md"
    rows = f"`tests/baseline/{shown.verdict}`"
    return f"[{about.stem}.md](beyond/{about.name}), {rows}" if about.is_file() else rows
