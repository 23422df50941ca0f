"""What Snakemake shows on a terminal: finished jobs above, running ones and the rest below.

A logger plugin of Snakemake. Beside a bar for the whole run, with the time that is left, it shows
each running job with the last thing that it said, which it finds in the job's log. Where there is
no terminal, in a dry run, and with ``--quiet`` it does nothing, and Snakemake says what it says
without it.

Snakemake reads the files of a configuration, and makes its cache, before the workflow is there to
say what is wrong with them. It imports its plugins before that, so that this one sees to it.

A dry run that is to be a plan is shown as one: how many jobs, core hours and gigabytes it would
take, by study.
"""

import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from snakemake.common import configfile
from snakemake.exceptions import WorkflowError
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_snnlearn import caches
from snakemake_logger_plugin_snnlearn.jobs import Job, Jobs
from snakemake_logger_plugin_snnlearn.plan import Plan
from snnlearn.config.faults import explained
from snnlearn.jobs.progress import DISPLAYED, duration

configfile._load_configfile = explained(configfile._load_configfile, WorkflowError)
caches.keep_here_if_needed()

#: What Snakemake says over and over, and what the display shows in its own way.
NOT_SHOWN = (LogEvent.JOB_STARTED, LogEvent.SHELLCMD)
SELECTING = "Select jobs to execute..."

#: How Snakemake begins what it says on Ctrl-C, which stops all jobs, too.
INTERRUPTED = "Terminating processes on user request"

#: An environment variable; where it is set, a dry run is shown as a plan.
PLANNED = "SNNLEARN_PLAN"

STYLES = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}


class LogHandler(LogHandlerBase):
    """Shows the events of a run on the terminal."""

    def __post_init__(self) -> None:
        asked_for = not (self.common_settings.dryrun or self.common_settings.quiet)
        self._active = asked_for and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._jobs, self._interrupted = Jobs(time.monotonic()), False
        planned = self.common_settings.dryrun and PLANNED in os.environ
        self._plan = Plan() if planned else None
        if self._active:
            os.environ[DISPLAYED] = "1"
            self._console = Console(
                stderr=True, no_color=self.common_settings.nocolor or None, highlight=False
            )
            self._live = Live(
                console=self._console,
                get_renderable=self._render,
                refresh_per_second=2,
                transient=True,
            )

    @property
    def writes_to_stream(self) -> bool:
        """Whether this takes the place of Snakemake's own messages."""
        return self._active or self._plan is not None

    @property
    def writes_to_file(self) -> bool:
        """It writes no file."""
        return False

    @property
    def has_filter(self) -> bool:
        """It leaves to Snakemake which messages are wanted."""
        return False

    @property
    def has_formatter(self) -> bool:
        """It leaves Snakemake's messages as they are."""
        return False

    @property
    def needs_rulegraph(self) -> bool:
        """It does not draw the rules."""
        return False

    def emit(self, record: logging.LogRecord) -> None:
        """Hear of an event."""
        try:
            if self._plan is not None:
                self._count(record, self._plan)
            elif self._active:
                self._hear(record)
        except Exception:
            self.handleError(record)  # as every handler of logging does: it shows the traceback

    def close(self) -> None:
        """Leave the terminal as it was, and say how far the run came, or would come."""
        if self._plan is not None:
            Console().print(self._plan.table())
            self._plan = None  # Snakemake closes its handlers more than once
        self._end()
        super().close()

    def _count(self, record: logging.LogRecord, plan: Plan) -> None:
        data = vars(record)
        if data.get("event") == LogEvent.JOB_INFO:
            plan.add(data)
        elif record.levelno >= logging.ERROR:
            Console(stderr=True).print(Text(self.format(record)), soft_wrap=True)

    def _hear(self, record: logging.LogRecord) -> None:
        # Snakemake hangs what belongs to an event on the record.
        data, now = vars(record), time.monotonic()
        match event := data.get("event"):
            case LogEvent.RUN_INFO:
                self._show(record)
                self._jobs.plan(data["stats"])
                self._begin()
            case LogEvent.JOB_INFO:
                self._jobs.running[data["jobid"]] = _job(data, now)
            case LogEvent.JOB_FINISHED:
                job = self._jobs.finish(data["job_id"], now)
                if job and job.log:  # others gather files, and do nothing
                    self._tell(job, "done", "green", now)
            case LogEvent.PROGRESS:
                self._jobs.total = data["total"]
                if data["done"] == data["total"]:
                    self._end()
            case LogEvent.JOB_ERROR if self._interrupted:
                job = self._jobs.stop(data["jobid"])
                if job:
                    self._tell(job, "stopped", "yellow", now)
            case LogEvent.ERROR if self._interrupted and data["exception"] == "RuleException":
                pass  # the command of a job that was stopped
            case LogEvent.JOB_ERROR:
                job = self._jobs.fail(data["jobid"])
                if job:
                    self._tell(job, "failed", "red", now)
                self._show(record)
            case _ if event not in NOT_SHOWN and record.getMessage() != SELECTING:
                if event == LogEvent.RESOURCES_INFO:
                    self._jobs.cores = data.get("cores", self._jobs.cores)
                self._interrupted |= record.getMessage().startswith(INTERRUPTED)
                self._show(record)

    def _show(self, record: logging.LogRecord) -> None:
        """Print what Snakemake itself would print."""
        text = self.format(record)
        if text and text != "None":
            self._console.print(Text(text, STYLES.get(record.levelno, "")), soft_wrap=True)

    def _tell(self, job: Job, how: str, style: str, now: float) -> None:
        """Print a line about a job that has ended, its warnings, and the last thing it said."""
        job.listen(now)
        warnings = job.warnings()
        lines = [
            Text.assemble(
                (time.strftime("%H:%M:%S "), "dim"),
                (how, style),
                f" {job.title}",
                (f"  {duration(now - job.started)}", "dim"),
            ),
            *(Text(f"         {warning}", "yellow") for warning in warnings),
        ]
        if job.message and job.message not in warnings:
            lines.append(Text(f"         {job.message}", "dim"))
        self._console.print(Text("\n").join(lines), soft_wrap=True)

    def _begin(self) -> None:
        self._jobs.started = time.monotonic()
        self._live.start()
        # A process that is killed outright cannot show the cursor again.
        self._console.show_cursor(True)

    def _end(self) -> None:
        if not (self._active and self._live.is_started):
            return
        self._live.stop()
        jobs = self._jobs
        stopped = jobs.stopped + len(jobs.running)
        parts = [f"{jobs.done} of {jobs.total} jobs done"]
        if jobs.failed:
            parts.append(f"{jobs.failed} failed")
        if stopped:
            parts.append(f"{stopped} stopped")
        parts.append(f"in {duration(time.monotonic() - jobs.started)}")
        self._console.print(", ".join(parts), style="bold", soft_wrap=True)

    def _render(self) -> RenderableType:
        """The running jobs, those that have run longest first, and the whole run."""
        now, jobs = time.monotonic(), self._jobs
        running = sorted(jobs.running.values(), key=lambda job: job.started)
        room = max((self._console.height - 3) // 2, 1)
        rows = Table.grid(padding=(0, 1), expand=True)
        rows.add_column(style="dim", justify="right", width=len("59 min 59 s"))
        rows.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for job in running[:room]:
            job.listen(now)
            rows.add_row(duration(now - job.started), Text(job.title))
            rows.add_row("", Text(job.message or "starting", "cyan"))
        if len(running) > room:
            rows.add_row("", f"and {len(running) - room} more")

        left = jobs.left(now)
        whole = Table.grid(padding=(0, 1))
        whole.add_row(
            ProgressBar(total=max(jobs.total, 1), completed=jobs.done, width=24),
            Text.assemble(
                (f"{jobs.done} of {jobs.total} jobs", "bold"),
                f", {jobs.failed} failed" if jobs.failed else "",
                f", {duration(now - jobs.started)} so far",
                f", about {duration(left)} left" if left is not None else "",
            ),
        )
        return Group(rows, whole)


def _job(data: dict[str, Any], now: float) -> Job:
    """The job that begins, with its message as the title, or its rule and wildcards."""
    values = ", ".join(f"{name}={value}" for name, value in data["wildcards"].items())
    title = data["rule_msg"] or " ".join(filter(None, (data["rule_name"], values)))
    log = Path(data["log"][0]) if data["log"] else None
    return Job(title, data["rule_name"], data["threads"], now, log)
