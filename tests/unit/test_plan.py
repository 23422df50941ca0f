import io

from rich.console import Console

from snakemake_logger_plugin_snnlearn.plan import SECONDS_TO_START, Plan


def job(rule: str = "simulate", log: tuple[str, ...] = ("a.log",), **wildcards: str) -> dict:
    """A job as Snakemake tells of it: it takes 100 core seconds, and leaves 10 MB."""
    resources = {"core_seconds": 100, "kept_mb": 10, "mem_mb": 5}
    return {"rule_name": rule, "log": list(log), "wildcards": wildcards, "resources": resources}


def plan(*jobs: dict) -> dict[str, tuple[int, float, float]]:
    """Jobs, core seconds and megabytes by study."""
    heard = Plan()
    for data in jobs:
        heard.add(data)
    return {
        name: (cost.jobs, round(cost.core_hours * 3600, 6), round(cost.gigabytes * 1000, 6))
        for name, cost in [*heard.costs.items(), ("all", heard.whole)]
    }


def test_jobs_count_for_the_study_in_their_wildcards():
    jobs = [job(study="a", batch="0"), job(study="a", batch="1"), job(study="b")]
    assert plan(*jobs) == {"a": (2, 200, 20), "b": (1, 100, 10), "all": (3, 300, 30)}


def test_trainings_count_by_themselves_and_all_else_as_tables():
    jobs = [job("train", key="abc", seed="0"), job("train", key="abc", seed="1"), job("verdict")]
    assert plan(*jobs) == {"trainings": (2, 200, 20), "tables": (1, 100, 10), "all": (3, 300, 30)}


def test_the_figures_of_a_study_count_for_it():
    jobs = [job("figures_rates"), job("figures_a_b.c-d"), job("figures")]
    assert plan(*jobs) == {
        "rates": (1, 100, 10),
        "a_b.c-d": (1, 100, 10),
        "tables": (1, 100, 10),
        "all": (3, 300, 30),
    }


def test_jobs_without_a_log_do_nothing_and_are_not_counted():
    assert plan(job("all", log=()), job(log=(), study="a")) == {"all": (0, 0, 0)}


def test_a_job_of_which_nothing_is_said_takes_as_long_as_it_takes_to_start():
    assert plan(job(study="a") | {"resources": {}})["a"] == (1, SECONDS_TO_START, 0)


def test_the_table_has_a_row_for_each_study_and_one_for_all():
    heard = Plan()
    for data in [job(study="b")] * 36 + [job(study="a")] * 72:
        heard.add(data)
    console = Console(file=io.StringIO(), width=80)
    console.print(heard.table())
    rows = [line.split() for line in console.file.getvalue().splitlines()]
    assert rows == [
        ["study", "jobs", "core", "hours", "gigabytes"],
        ["a", "72", "2.00", "0.720"],
        ["b", "36", "1.00", "0.360"],
        ["all", "108", "3.00", "1.080"],
    ]
