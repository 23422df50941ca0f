"""The jobs of a run: which are at work, how far they are, and how long it takes still."""

import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from snnlearn.jobs.progress import messages_in, share_in

#: So many bytes at the end of a log hold its last message.
TAIL = 8192


@dataclass
class Job:
    """A job at work.

    Attributes
    ----------
    title : str
        What it does.
    rule : str
        Name of its rule.
    threads : int
        Cores that it takes.
    started : float
        When it began, in seconds of some clock.
    log : pathlib.Path, optional
        Its log.
    message : str
        What it said last.
    share : float, optional
        How much of it is done, from 0 to 1, as far as it says.
    """

    title: str
    rule: str
    threads: int
    started: float
    log: Path | None = None
    message: str = ""
    share: float | None = None

    def __post_init__(self) -> None:
        self._state = self._state_of_log()
        self._first = self._last = (self.started, 0.0)

    def _state_of_log(self) -> tuple[int, int] | None:
        """Changes when something is written; None where there is no log (yet)."""
        if self.log is None or not self.log.is_file():
            return None
        found = self.log.stat()
        return found.st_mtime_ns, found.st_size

    def listen(self, now: float) -> None:
        """Read what the job has said since, but not what a former run of it has said.

        Parameters
        ----------
        now : float
            The time in seconds, on the clock that gave ``started``.
        """
        state = self._state_of_log()
        if self.log is None or state is None or state == self._state:
            return
        self._state = state
        with self.log.open("rb") as file:
            file.seek(-min(TAIL, state[1]), os.SEEK_END)
            said = messages_in(file.read().decode(errors="replace"))
        if not said:
            return
        self.message = said[-1][1]
        share = share_in(self.message)
        if share is not None and share != self.share:
            if self.share is None or share < self.share:
                self._first = (now, share)
            self.share, self._last = share, (now, share)

    def warnings(self) -> list[str]:
        """All warnings that the job has given."""
        if self.log is None or not self.log.is_file():
            return []
        said = messages_in(self.log.read_text(errors="replace"))
        return [message for level, message in said if level == "WARNING"]

    def left(self, now: float) -> float | None:
        """Seconds that the job takes still, as far as it tells how much is done.

        It is taken to go on as from the first share that it told to the last, or as from its
        beginning where there is only one: a training may go on from a former run.
        """
        (before, share_before), (then, share) = self._first, self._last
        if share == share_before:
            before, share_before = self.started, 0.0
        if share == share_before or then <= before:
            return None
        remaining = (1 - share) * (then - before) / (share - share_before)
        return max(remaining - (now - then), 0.0)


@dataclass
class Jobs:
    """All jobs of a run.

    Attributes
    ----------
    started : float
        When the run began, in seconds of some clock.
    total : int
        Number of jobs.
    cores : int, optional
        Cores that they share; None where they run elsewhere.
    done, failed, stopped : int
        Number of jobs that ended well, badly, and because the user wanted it.
    running : dict of int to Job
        Those at work, by Snakemake's number.
    """

    started: float
    total: int = 0
    cores: int | None = None
    done: int = 0
    failed: int = 0
    stopped: int = 0
    running: dict[int, Job] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._to_do: Counter[str] = Counter()
        self._taken: defaultdict[str, list[float]] = defaultdict(list)

    def plan(self, counts: Mapping[str, int]) -> None:
        """Hear how many jobs of each rule there are to do, and ``total``."""
        self._to_do = Counter({rule: n for rule, n in counts.items() if rule != "total"})
        self.total = self._to_do.total()

    def finish(self, number: int, now: float) -> Job | None:
        """A job ended well; None where it was not known to run."""
        self.done += 1
        job = self.running.pop(number, None)
        if job:
            self._to_do[job.rule] -= 1
            self._taken[job.rule].append((now - job.started) * job.threads)
        return job

    def fail(self, number: int) -> Job | None:
        """A job failed; None where it was not known to run."""
        self.failed += 1
        return self.running.pop(number, None)

    def stop(self, number: int) -> Job | None:
        """A job was stopped; None where it was not known to run."""
        self.stopped += 1
        return self.running.pop(number, None)

    def left(self, now: float) -> float | None:
        """Seconds that the whole run takes still, roughly; None as long as nothing is known.

        A job takes as long as it says; else, or before it begins, as long as those of its rule
        did on average; or as all did, where none of its rule has come to an end. The work is
        shared by all cores, and takes no less time than any job that runs now.
        """
        running = list(self.running.values())
        taken = {rule: list(times) for rule, times in self._taken.items()}
        foretold = {id(job): job.left(now) for job in running}
        for job in running:
            remaining = foretold[id(job)]
            if remaining is not None:
                taken.setdefault(job.rule, []).append((now - job.started + remaining) * job.threads)
        if not taken:
            return None
        known = self._taken or taken  # a long job that runs is no example for other rules
        overall = mean(time for times in known.values() for time in times)
        usual = {rule: mean(times) for rule, times in taken.items()}

        longest = work = 0.0
        waiting = self._to_do.copy()
        for job in running:
            waiting[job.rule] -= 1
            remaining = foretold[id(job)]
            if remaining is None:
                expected = usual.get(job.rule, overall) / job.threads
                remaining = max(expected - (now - job.started), 0.0)
            longest = max(longest, remaining)
            work += remaining * job.threads
        for rule, n in waiting.items():
            work += max(n, 0) * usual.get(rule, overall)
        at_once = self.cores or sum(job.threads for job in running) or 1
        return max(longest, work / at_once)
