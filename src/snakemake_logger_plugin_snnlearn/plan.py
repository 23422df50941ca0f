"""What a dry run would do: jobs, core hours and gigabytes, by study."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

#: What a job takes of which no rule says it: it starts, and does little.
SECONDS_TO_START = 5.0

#: The resources by which rules say what a job takes, and what of it is kept.
SECONDS, MEGABYTES = "core_seconds", "kept_mb"

#: How the names of rules begin that draw the figures of a study; its name follows.
FIGURES = "figures_"


@dataclass
class Cost:
    """What some jobs take.

    Attributes
    ----------
    jobs : int
        How many they are.
    core_hours : float
        How long they keep one core busy, all together.
    gigabytes : float
        What they leave.
    """

    jobs: int = 0
    core_hours: float = 0.0
    gigabytes: float = 0.0

    def add(self, seconds: float, megabytes: float) -> None:
        """Count one more job."""
        self.jobs += 1
        self.core_hours += seconds / 3600
        self.gigabytes += megabytes / 1000


class Plan:
    """The jobs of a dry run, by the study that they belong to."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}

    def add(self, data: Mapping[str, Any]) -> None:
        """Hear of a job, as Snakemake tells of it."""
        if not data["log"]:  # it gathers files, and does nothing
            return
        wildcards, resources = data["wildcards"], data["resources"]
        rule = data["rule_name"]
        drawn = rule.removeprefix(FIGURES) if rule.startswith(FIGURES) else ""
        other = "trainings" if "key" in wildcards else "tables"
        group = wildcards.get("study") or drawn or other
        self.costs.setdefault(group, Cost()).add(
            float(resources.get(SECONDS, SECONDS_TO_START)), float(resources.get(MEGABYTES, 0))
        )

    @property
    def whole(self) -> Cost:
        """All of it."""
        whole = Cost()
        for cost in self.costs.values():
            whole.jobs += cost.jobs
            whole.core_hours += cost.core_hours
            whole.gigabytes += cost.gigabytes
        return whole

    def table(self) -> Table:
        """A row for each study, and one for all."""
        table = Table(box=None, pad_edge=False)
        for heading in ("study", "jobs", "core hours", "gigabytes"):
            table.add_column(heading, justify="left" if heading == "study" else "right")
        for name, cost in [*sorted(self.costs.items()), ("all", self.whole)]:
            table.add_row(name, str(cost.jobs), f"{cost.core_hours:.2f}", f"{cost.gigabytes:.3f}")
        return table
