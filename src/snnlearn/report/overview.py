"""The words of the report: an overview of all results, and the captions of the figures.

Snakemake's own report joins them with the figures into one page.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from snnlearn.report.captions import ranges
from snnlearn.results import DEFAULT_VARIANT
from snnlearn.settings.changes import in_words
from snnlearn.verdict.judging import NOT_REPRODUCED, NOT_TESTED, REPRODUCED
from snnlearn.verdict.markdown import estimate, number, unit
from snnlearn.verdict.table import cells, summary

#: Layout of the overview, a template of Jinja2.
TEMPLATE = Path(__file__).with_name("overview.html.jinja")

#: A sign for each verdict, for those who cannot tell its colour.
SIGNS = {REPRODUCED: "✓", NOT_REPRODUCED: "✗", NOT_TESTED: "○"}


def overview(
    verdict: pd.DataFrame,
    provenance: Mapping[str, Any],
    titles: Mapping[str, str],
    errata: pd.DataFrame | None = None,
    variance: pd.DataFrame | None = None,
) -> str:
    """Write what came out, and what made it, as a page in HTML.

    Parameters
    ----------
    verdict : pandas.DataFrame
        Table of :func:`snnlearn.verdict.judge`.
    provenance : mapping
        What :func:`snnlearn.jobs.provenance.collect` gives.
    titles : mapping of str to str
        The ``TITLE`` of each experiment, of those too that have not run.
    errata : pandas.DataFrame, optional
        One row a slip of the chapter and quantity: ``experiment``, ``slip``, ``text``,
        ``quantity``, ``unit``, and, each with ``_low`` and ``_high`` of its 95 % interval,
        ``as_published`` and ``corrected``; ``n`` runs.
    variance : pandas.DataFrame, optional
        One row a source of randomness: ``experiment``, ``variant``, ``metric``, ``unit``,
        ``source``, its ``share`` in the metric's variance with the interval from ``ci_low`` to
        ``ci_high``, and the metric's ``standard_deviation`` over all ``runs``.

    Returns
    -------
    str
        A part of a page that needs no other file and brings its own style.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    ran = {*provenance["seeds"], *verdict["experiment"]}
    in_order = sorted(ran, key=lambda name: titles[name])
    return environment.get_template(TEMPLATE.name).render(
        summary=summary(verdict),
        signs=SIGNS,
        claims=[
            (titles[name], " ".join(summary(judged)), _claims(judged))
            for name in in_order
            for judged in [verdict[verdict["experiment"] == name]]
        ],
        slips=[] if errata is None else [_slip(rows) for rows in _groups(errata, "slip")],
        spreads=[] if variance is None else [_spread(rows) for rows in _groups(variance, "metric")],
        provenance=_origins(provenance, [(titles[name], name) for name in in_order]),
        datasets=provenance["datasets"],
        differs=in_words(provenance["differs_from_default"]),
        titles=titles,
    )


def _claims(verdict: pd.DataFrame) -> list[dict[str, str]]:
    """What the table shows of each claim of one experiment."""
    rows = []
    for (_, row), (claim, published, expected, measured, n, outcome) in zip(
        verdict.iterrows(), cells(verdict), strict=True
    ):
        rows.append(
            {
                "claim": claim.removeprefix(f"{row['experiment']}: "),
                "name": row["name"],
                "quantity": row["quantity"],
                "unit": unit(row["unit"]),
                "kind": "" if row["kind"] == "literature" else row["kind"],
                "source": row["source"],
                "published": published,
                "expected": expected,
                "measured": measured,
                "n": n,
                "verdict": outcome,
                "reason": "" if outcome == REPRODUCED else row["reason"],
            }
        )
    return rows


def _slip(rows: pd.DataFrame) -> dict[str, Any]:
    """What the table shows of one slip of the chapter."""
    return {
        "experiment": rows["experiment"].iloc[0],
        "text": rows["text"].iloc[0],
        "quantities": [
            {
                "name": row["quantity"],
                "unit": unit(row["unit"]),
                **{
                    way: estimate(row[way], row[f"{way}_low"], row[f"{way}_high"])
                    for way in ("as_published", "corrected")
                },
                "n": _count(row["n"]),
            }
            for _, row in rows.iterrows()
        ],
    }


def _spread(rows: pd.DataFrame) -> dict[str, Any]:
    """What the table shows of the variance of one metric."""
    first = rows.iloc[0]
    return {
        "experiment": first["experiment"],
        "metric": first["metric"],
        "variant": "" if first["variant"] == DEFAULT_VARIANT else first["variant"],
        "unit": unit(first["unit"]),
        "standard_deviation": number(first["standard_deviation"]),
        "runs": _count(first["runs"]),
        "sources": [
            {
                "name": row["source"],
                "share": _percent(row["share"]),
                "interval": " to ".join(
                    filter(None, (_percent(row["ci_low"]), _percent(row["ci_high"])))
                ),
                # An estimated share may lie outside of what a share can be.
                "width": _percent(min(max(row["share"], 0), 1)) or "0",
            }
            for _, row in rows.iterrows()
        ],
    }


def _groups(table: pd.DataFrame, within: str) -> list[pd.DataFrame]:
    """The rows that belong to one entry of an experiment, in their order."""
    keys = ["experiment", "variant", within] if "variant" in table else ["experiment", within]
    return [rows for _, rows in table.groupby(keys, sort=False, dropna=False)]


def _origins(
    provenance: Mapping[str, Any], experiments: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """What made the results, in words."""
    machine = provenance["platform"]
    commit = provenance["commit"] or f"not known: {provenance['no_commit_because']}"
    parameters: dict[str, list[int]] = {}
    for name, record in provenance["parameters"].items():
        how = "" if record["verified"] else ", not verified"
        where = "" if record["origin"] == "trained" else f" from {record['source']}"
        told = f"{record['origin']}{where}{how}, SHA-256 {record['sha256']}"
        parameters.setdefault(told, []).append(int(name.rpartition("/")[2]))
    return {
        "Commit": commit + (", with uncommitted changes" if provenance["dirty"] else ""),
        "Configuration": f"SHA-256 {provenance['configuration_sha256']}",
        "Seeds": "; ".join(
            f"{title}: {ranges(seeds)} (n = {len(seeds)})"
            for title, name in experiments
            if (seeds := provenance["seeds"].get(name))
        ),
        **{
            f"Images: {name}": f"{images['name']} from {images['source']}"
            + ("" if images["verified"] else ", not verified")
            + "".join(f"; SHA-256 of {array}: {sha}" for array, sha in images["sha256"].items())
            for name, images in provenance["datasets"].items()
        },
        "Parameters of the classifier": "; ".join(
            f"seeds {ranges(seeds)}: {told}" for told, seeds in parameters.items()
        ),
        "Versions": ", ".join(f"{name} {v}" for name, v in provenance["versions"].items()),
        "Machine": f"{machine['system']}, {machine['machine']}, {machine['cores']} cores",
        "Run": f"{provenance['started']} to {provenance['ended']}",
    }


def _percent(share: float) -> str:
    return "" if math.isnan(share) else f"{round(100 * share)}%"


def _count(n: float) -> str:
    return "" if math.isnan(n) else f"{n:.0f}"
