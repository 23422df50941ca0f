"""Write what a reviewer starts from: each claim with its command, and the manifest of CODECHECK.

``python -m snnlearn.crate.review`` writes ``docs/claims.md``, ``docs/gallery.md`` and
``codecheck.yml`` from the claims, the captions and the default configuration.
"""

import math
from pathlib import Path
from typing import Any

import yaml

from snnlearn.config.loading import load
from snnlearn.config.model import Config
from snnlearn.crate import gallery
from snnlearn.figures import described
from snnlearn.published import Claim, listed
from snnlearn.registry import registry
from snnlearn.report.captions import TABLES, sentence
from snnlearn.verdict import controls

#: The cores that the minutes are for.
CORES = 2

#: Seconds that a run takes whatever it does, and a job: Snakemake, and the start of Python.
START, JOB = 7, 8

#: The tables that are part of the manifest: what differs from run to run is not.
MANIFEST = [
    *("metrics.csv", "verdict.csv", "verdict.md"),
    *("errata.csv", "errata.md", "variance.csv", "variance.md"),
]

INTRODUCTION = """\
# Claim, command, tolerance, minutes

Every claim of the default verdict, for who wants to check one. `make .venv/ready` installs what
is needed, once ([README](../README.md) has the requirements). Each command below runs as it is
written, in the project's folder: it computes the runs that the claims of its section need, judges
these claims alone, and shows the verdict. All digits are in `results/<experiment>/verdict.csv`,
whose rows are those of `results/verdict.csv`, which `make reproduce` makes of all experiments.

**Tolerance** is what the measured quantity is allowed to be: the claim is reproduced where its mean
is significantly within ([verdict.md](verdict.md) says how each kind is tested). **Minutes** are
for {cores} cores that do nothing else, counted as `make plan` counts, from the seconds of a seed
that each experiment states, and rounded up; the first run on a machine compiles its kernels, which
takes 10 s more ([speed.md](speed.md) has what was measured). MNIST has to be at hand, or is
downloaded ([data.md](data.md)).

This page is written by `make review`.
"""

PREAMBLE = """\
%YAML 1.1
# For CODECHECK, written by `make review`: the files that `make reproduce` makes anew. Which claim
# stands where, and how to check one alone, is in docs/claims.md. The codechecker adds codechecker,
# report, summary, check_time and certificate; the addresses of the repository and of an article
# are added where there are some.
---
"""


def claims_page(settings: Config) -> str:
    """The text of ``docs/claims.md``: a section for each experiment.

    Parameters
    ----------
    settings : Config
        The configuration whose verdict it is about.

    Returns
    -------
    str
        A page in Markdown.
    """
    parts = [INTRODUCTION.format(cores=CORES)]
    for name in registry():
        claims = [claim for of, claim in listed(_judged(settings)) if of == name]
        if claims and settings.blocks[name].runs:
            parts.append(_section(settings, name, claims))
    return "\n".join(parts)


def command(name: str) -> str:
    """What checks the claims about an experiment, for a shell."""
    made = f"results/{name}/verdict"
    return f".venv/bin/snakemake {made}.csv --cores {CORES} && cat {made}.md"


def minutes(settings: Config, name: str) -> int:
    """How long the command takes, roughly: from what the experiment says of itself, rounded up."""
    experiment = registry()[name]
    cells = [
        cell
        for study in (name, controls.STUDY + name)
        if study in settings.studies
        for cell in settings.studies[study].cells
    ]
    seconds = sum(
        JOB + len(batch) * experiment.resources(cell.parameters).seconds
        for cell in cells
        for batch in cell.batches().values()
    )
    return math.ceil((START + seconds / CORES) / 60)


def _judged(settings: Config) -> dict[str, str]:
    """The studies that claims may be about, as the workflow has them."""
    return {
        study.name: study.experiment
        for study in settings.studies.values()
        if not study.generated or study.name.startswith(controls.STUDY)
    }


def _section(settings: Config, name: str, claims: list[Claim]) -> str:
    about = minutes(settings, name)
    lines = [
        f"## {described(name).title}",
        "",
        f"```bash\n{command(name)}\n```",
        "",
        f"About {about} minute{'s' if about > 1 else ''}.",
        "",
        "| claim | what is claimed | source | quantity | tolerance, and why |",
        "|---|---|---|---|---|",
    ]
    for claim in claims:
        kind = "" if claim.kind == "literature" else f" ({_of_kind(claim.kind)})"
        tolerance = claim.expected + (f": {claim.because}" if claim.because else "")
        if claim.untested:
            tolerance = f"not tested: {claim.untested}"
        cells = (
            f"`{claim.study}.{claim.name}`",
            claim.text.removeprefix(f"{name}: ") + kind,
            claim.source,
            f"`{claim.quantity}`",
            tolerance,
        )
        lines.append("| " + " | ".join(_cell(text) for text in cells) + " |")
    return "\n".join([*lines, ""])


def _of_kind(kind: str) -> str:
    """One of a kind of claims, in a word."""
    return {"context": "another network's"}.get(kind, kind)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def codecheck(settings: Config, citation: dict[str, Any]) -> str:
    """The text of ``codecheck.yml``, of version 1.0 of CODECHECK's specification.

    Parameters
    ----------
    settings : Config
        The configuration whose results are listed.
    citation : dict
        ``CITATION.cff``.

    Returns
    -------
    str
        What the authors say; the codechecker adds to it.
    """
    manifest = [{"file": f"results/{name}", "comment": TABLES[name]} for name in MANIFEST]
    manifest += [
        {
            "file": f"results/{study.name}/figures/{figure}.png",
            "comment": f"{described(study.name).title}: {sentence(text)}.",
        }
        for study in settings.studies.values()
        if study.own
        for figure, text in described(study.name).captions.items()
    ]
    authors = [_author(author) for author in citation["authors"]]
    said = {
        "version": "https://codecheck.org.uk/spec/config/1.0/",
        "paper": {"title": citation["title"], "authors": authors},
        "source": "The images of MNIST are no part of this bundle: the workflow looks for them, or "
        "downloads them, and verifies them by their SHA-256 (docs/data.md).",
        "manifest": manifest,
    }
    return PREAMBLE + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=118)


def _author(author: dict[str, str]) -> dict[str, str]:
    name = author.get("name") or f"{author['given-names']} {author['family-names']}"
    orcid = author.get("orcid", "").removeprefix("https://orcid.org/")
    return {"name": name} | ({"ORCID": orcid} if orcid else {})


def files() -> dict[Path, str]:
    """Each file, and what stands in it."""
    settings = load({})
    citation = yaml.safe_load(Path("CITATION.cff").read_text(encoding="utf-8"))
    return {
        Path("docs/claims.md"): claims_page(settings),
        gallery.PAGE: gallery.page(),
        Path("codecheck.yml"): codecheck(settings, citation),
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
