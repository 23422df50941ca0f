"""The display of all jobs: when there is one, and what fits on the terminal."""

import io
import os
import re
import time
from types import SimpleNamespace

import pytest
from tiny_project import without_controls

from snakemake_logger_plugin_snnlearn import LogHandler
from snakemake_logger_plugin_snnlearn.jobs import Job
from snnlearn.jobs.progress import DISPLAYED


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def open_handler(monkeypatch):
    """The handler as Snakemake opens it, on a terminal of 12 lines of 60 characters."""
    monkeypatch.setenv(DISPLAYED, "what was set is put back after the test")
    monkeypatch.delenv(DISPLAYED)
    for name, value in {"TERM": "xterm", "COLUMNS": "60", "LINES": "12"}.items():
        monkeypatch.setenv(name, value)

    def open_handler(stderr: type = Terminal, **settings) -> tuple[LogHandler, io.StringIO]:
        terminal = stderr()
        monkeypatch.setattr("sys.stderr", terminal)
        usual = {"dryrun": False, "quiet": None, "nocolor": True}
        return LogHandler(SimpleNamespace(**usual | settings), None), terminal

    return open_handler


def test_on_a_terminal_it_takes_the_place_of_snakemakes_messages(open_handler):
    handler, _ = open_handler()
    assert handler.writes_to_stream
    assert DISPLAYED in os.environ


@pytest.mark.parametrize("settings", [{"dryrun": True}, {"quiet": {"all"}}])
def test_dry_and_quiet_runs_are_left_alone(open_handler, settings):
    handler, _ = open_handler(**settings)
    assert not handler.writes_to_stream
    assert DISPLAYED not in os.environ


@pytest.mark.parametrize(("stderr", "kind"), [(io.StringIO, "xterm"), (Terminal, "dumb")])
def test_nothing_is_drawn_where_nothing_can_be(open_handler, monkeypatch, stderr, kind):
    monkeypatch.setenv("TERM", kind)
    handler, terminal = open_handler(stderr)
    assert not handler.writes_to_stream
    assert DISPLAYED not in os.environ
    handler.close()
    assert terminal.getvalue() == ""


def shown(handler, terminal) -> list[str]:
    handler._console.print(handler._render())
    return without_controls(terminal.getvalue()).splitlines()


def test_more_jobs_than_the_terminal_has_room_for(open_handler):
    handler, terminal = open_handler()
    handler._jobs.plan({"simulate": 50, "total": 50})
    for number in range(20):
        handler._jobs.running[number] = Job(f"Job {number}", "simulate", 1, started=number)
    lines = shown(handler, terminal)
    assert [line.split()[-2:] for line in lines[:8:2]] == [["Job", f"{n}"] for n in range(4)]
    assert lines[8].strip() == "and 16 more"
    assert "0 of 50 jobs" in lines[9]
    assert len(lines) == 10


def test_long_lines_are_cut(open_handler):
    handler, terminal = open_handler()
    handler._jobs.plan({"simulate": 1, "total": 1})
    handler._jobs.running[0] = Job(
        f"Simulate {list(range(50))}", "simulate", 1, started=time.monotonic() - 7200
    )
    lines = shown(handler, terminal)
    assert len(lines) == 3
    assert re.fullmatch(r" *\d+ h \d+ min Simulate \[0, 1, 2, .*…", lines[0])
    assert len(lines[0]) <= 60
