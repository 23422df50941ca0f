"""A table of the faults that were tried, at the end of the tests."""

from collections import Counter

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "workflow" in item.path.parts:
            continue
        fault = (item.module.__doc__ or item.module.__name__).splitlines()[0].rstrip(".")
        item.user_properties.append(("fault", fault))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for outcome in ("passed", "failed", "error", "skipped"):  # of errors, tests had no beginning
        for report in terminalreporter.getreports(outcome):
            known = dict(report.user_properties)
            if "fault" not in known or (outcome == "passed" and report.when != "call"):
                continue
            if outcome == "skipped":
                skipped[known["fault"]] += 1
            else:
                times = known.get("tried", 1)
                tried[known["fault"]] += times
                survived[known["fault"]] += times * (outcome == "passed")
    if tried:
        terminalreporter.section("faults")
        rows = [
            (fault, *(str(counted[fault]) for counted in (tried, survived, skipped)))
            for fault in dict.fromkeys([*tried, *skipped])
        ]
        heading = ("fault", "times tried", "survived", "tests skipped")
        for row in [heading, ("---",) * 4, *rows]:
            terminalreporter.write_line(f"| {' | '.join(row)} |")
