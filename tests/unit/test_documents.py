"""Numbers in the documents are those of results that are kept in `tests/baseline`."""

import re
from collections.abc import Iterator

import documents
import pandas as pd
import pytest
from timings import Timings
from tiny_project import ROOT

from snnlearn.mnist import cost
from snnlearn.statistics import LEVEL
from snnlearn.verdict.markdown import estimate
from snnlearn.verdict.table import summary

PAGES = ("README.md", "docs/verdict.md")

#: Pages about what goes beyond the chapter.
BEYOND = sorted(
    str(page.relative_to(ROOT))
    for page in (ROOT / "docs/beyond").glob("*.md")
    if page.name != "README.md"
)

#: How a claim is named in a table; unlike slips, all have hyphens.
CLAIM = re.compile(r"`([a-z_-]+\.[a-z0-9]+(?:-[a-z0-9]+)+)`")


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def rows(page: str) -> Iterator[list[str]]:
    """The cells of the rows of all tables of a page."""
    for line in text(page).splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip().strip("|").split(" | ")]


@pytest.fixture(scope="module")
def verdict():
    return documents.verdict()


@pytest.mark.parametrize("page", [*PAGES, *BEYOND])
def test_tables_tell_of_claims_what_was_measured(page):
    verdict = documents.verdict("beyond" if page in BEYOND else "verdict")
    told = [cells for cells in rows(page) if any(map(CLAIM.fullmatch, cells))]
    assert len(told) > 5
    for cells in told:
        (name,) = (found[1] for cell in cells if (found := CLAIM.fullmatch(cell)))
        assert documents.claims(name, verdict), f"there is no claim {name}"
        if cells[0] == f"`{name}`":
            assert cells == documents.row(name, verdict)
        else:
            assert documents.measured(name, verdict) in cells


@pytest.mark.parametrize("page", PAGES)
def test_pages_count_claims_as_the_verdict_does(page, verdict):
    for sentence in summary(verdict.reset_index()):
        assert sentence in " ".join(text(page).split())


def test_the_page_tells_what_a_presentation_takes(verdict):
    """Operations and energies in prose follow from one difference of the table."""
    without = cost.energies(cost.operations(0, 30))["energy_without_spikes"]
    at_once = verdict.loc["mnist.energy-once", "measured"] + without
    pixels = cost.multiply_accumulates()[0]
    added = (at_once - pixels * cost.MULTIPLY_ACCUMULATE) / cost.ADDITION
    counted = cost.operations(added, 30)
    energies = cost.energies(counted)
    millions = {name: f"{number / 1e6:.2f} million" for name, number in counted.items()}
    once, every, none, *updated = (
        f"{1e6 * energies[f'energy_{how}{updates}']:.1f}"
        for updates in ("", "_with_updates")
        for how in ("once", "every_step", "without_spikes")
    )
    page = " ".join(text("docs/verdict.md").split())
    for told in (
        f"{counted['accumulates'] / 1e6:.1f} million accumulates",
        f"{millions['neuron_updates']} updates of neurons",
        f"{millions['multiply_accumulates_once']} multiply-accumulates for the image",
        f"{millions['multiply_accumulates_every_step']} where it is in each",
        f"{millions['multiply_accumulates_without_spikes']} multiply-accumulates, and "
        f"{millions['neuron_updates_without_spikes']} updates",
        f"takes {once} µJ (once) or {every} µJ (in every step), and {none} µJ without spikes",
        "it takes {}, {} and {} µJ".format(*updated),
    ):
        assert told in page


def test_the_page_tells_what_is_barely_decided(verdict):
    names = ("accuracy-grows-with-time", "accuracy-settles", "spikes-cost-no-accuracy")
    (told,) = {f"{verdict.loc[f'mnist.{name}', 'p_value']:.4f}" for name in names}
    page = " ".join(text("docs/verdict.md").split())
    assert f"Their corrected p values are {told}, where {LEVEL} is the bound." in page


def told_of(table: pd.DataFrame, keys: list[str]) -> dict[tuple[str, ...], pd.Series]:
    return {tuple(row[key] for key in keys): row for _, row in table.iterrows()}


def test_the_page_tells_what_slips_change():
    errata = pd.read_csv(documents.BASELINE / "errata.csv", dtype={"unit": str})
    of = told_of(errata, ["experiment", "slip", "quantity"])
    found = [cells for cells in rows("docs/verdict.md") if len(cells) == 6 and "." in cells[0]]
    slips = {(*cells[0].strip("`").split("."), cells[2].strip("`")): cells for cells in found}
    assert {(name, slip) for name, slip, _ in slips} == {(name, slip) for name, slip, _ in of}
    for key, cells in slips.items():
        row = of[key]
        for cell, which in zip(cells[3:5], ("as_published", "corrected"), strict=True):
            assert cell == estimate(row[which], row[f"{which}_low"], row[f"{which}_high"])
        assert cells[5] == str(row["n"])


def test_the_page_tells_where_differences_come_from():
    variance = pd.read_csv(documents.BASELINE / "variance.csv", dtype={"unit": str})
    of = told_of(variance, ["experiment", "metric", "source"])
    found = [cells for cells in rows("docs/verdict.md") if cells[0].startswith("`channel` `")]
    assert len(found) == variance["metric"].nunique()
    for cells in found:
        metric = cells[0].split("`")[3]
        for cell, source in zip(cells[2:], SOURCES, strict=True):
            row = of["channel", metric, source]
            assert (
                cell
                == f"{row['share']:.2f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]".replace(
                    "-", "−"
                )
            )


SOURCES = ("network", "input", "initial function", "interactions")


def test_times_are_those_of_one_run_of_the_benchmarks():
    timings = Timings()
    for page, expected in (
        ("docs/speed.md", timings.speed_page()),
        ("docs/results.md", timings.summary()),
    ):
        lines = text(page).splitlines()
        assert [row for row in expected if row not in lines] == []
