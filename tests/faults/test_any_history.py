"""Any history of changes, kills and damage."""

import os
import random
import re
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from tiny_project import TINY, Project, copy_project

from snnlearn.data import checksums

#: How many histories, how many steps in each, and what they are drawn from. The first is simple.
HISTORIES, LENGTH, SEED = 3, 15, 23

#: What is asked for: simulations with and without traces, tables of several, and a figure.
TARGETS = (
    "results/tuning_curve/figures/tuning_curve.png",
    "results/channel/metrics/batch-0000.csv",
    "results/tuning_curve/runs/batch-0000.parquet",
    "results/rates/metrics.csv",
    "results/rates/manifest.csv",
)

#: What users change of the configuration: text that stands in it, and what it becomes.
CHANGES = {
    "nothing": ("", ""),
    "seeds": ("seeds: 2\n", "seeds: 3\n"),
    "a rate of the sweep": ("1.0e-3, 1.0e-4", "1.0e-3, 3.0e-4"),
    "neurons": ("n_neurons: 10", "n_neurons: 12"),
    "a figure": ("dpi: 50", "dpi: 60"),
}

#: What happens to files: from their content to another.
DAMAGE: list[Callable[[bytes], bytes]] = [
    lambda content: content[: len(content) // 2],
    lambda _: b"",
    lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
    lambda _: b"<!DOCTYPE html><html>503</html>\n",
    lambda content: content + content[-20:],
]

#: What an upgrade changes in the code of the channel: the networks, and so all numbers.
UPGRADED = re.compile(r'(network_seed = seed_for\("channel", seed, "network"\)).*')

#: What happens to a project.
STEPS = ("configure", "run", "kill", "damage", "upgrade")

#: How often each of the rules was followed.
HAPPENED: Counter[str] = Counter()


def changed(change: str) -> str:
    """The configuration with a change."""
    before, after = CHANGES[change]
    assert before in TINY
    return TINY.replace(before, after) if before else TINY


def upgrade(project: Project, version: int) -> None:
    """Another version of the code, whose channels are other networks."""
    file = project.folder / "src/snnlearn/experiments/channel.py"
    text, n = UPGRADED.subn(rf"\1 + {version}", file.read_text())
    assert n == 1
    file.write_text(text)


@cache
def fresh_run(change: str, version: int) -> dict[str, str]:
    """What a run of some version in a new folder gives."""
    with tempfile.TemporaryDirectory() as folder:
        project = copy_project(Path(folder, "project"))
        project.configure(changed(change))
        upgrade(project, version)
        project.snakemake(*TARGETS)
        return project.contents()


class Histories(RuleBasedStateMachine):
    """Whatever happened before, a run gives what it gives in a new folder."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.project: Project = copy_project(Path(self.folder, "project"))
        self.change, self.version = "nothing", 0
        self.removed: set[str] = set()

    def teardown(self) -> None:
        try:
            self.run(random.Random(0))  # whatever came last
        finally:
            shutil.rmtree(self.folder)

    # One rule: of several, Hypothesis leaves most out of each history.
    @rule(step=st.sampled_from(STEPS), seed=st.integers(0, 2**32))
    def go_on(self, step: str, seed: int) -> None:
        HAPPENED[step] += getattr(self, step)(random.Random(seed)) is not False

    def configure(self, rng: random.Random) -> None:
        self.change = rng.choice(sorted(CHANGES))
        self.project.configure(changed(self.change))

    def upgrade(self, rng: random.Random) -> None:
        """To another version, or back."""
        self.version = rng.choice([version for version in range(3) if version != self.version])
        upgrade(self.project, self.version)

    def kill(self, rng: random.Random) -> bool:
        """Kill a run; tell whether it came to that."""
        how = rng.choice([signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
        return self.project.stop_after(rng.uniform(4, 15), how, *TARGETS) is None

    def damage(self, rng: random.Random) -> None:
        """A file is named and nothing goes on, until it is removed as the message says."""
        if not (there := sorted(self.project.contents())):
            self.run(rng)
            there = sorted(self.project.contents())
        file = self.project.folder / "results" / rng.choice(there)
        # A fifth of the time, not the file but what vouches for it.
        vouched = checksums.place(file).is_file()
        hit = checksums.place(file) if vouched and rng.random() < 0.2 else file
        content, dates = hit.read_bytes(), hit.stat()
        hit.write_bytes(rng.choice(DAMAGE)(content))
        os.utime(hit, ns=(dates.st_atime_ns, dates.st_mtime_ns + 10**9))
        failed = self.project.snakemake(*TARGETS, check=False)
        assert failed.returncode != 0
        message = failed.stdout + failed.stderr
        named = re.findall(r"^ +(results/\S+)$", message, re.MULTILINE)
        if vouched:
            assert named == [str(file.relative_to(self.project.folder))]
            assert "Traceback" not in message
        file.unlink()
        self.removed.add(str(file.relative_to(self.project.folder / "results")))

    def run(self, _: random.Random) -> None:
        self.project.snakemake(*TARGETS)
        found, expected = self.project.contents(), fresh_run(self.change, self.version)
        # What only others are made from stays away while these are there.
        gone = self.removed - found.keys() - {name.removeprefix("results/") for name in TARGETS}
        expected = {name: made for name, made in expected.items() if name not in gone}
        assert {name: found.get(name) for name in expected} == expected
        assert "Nothing to be done" in self.project.snakemake(*TARGETS).stderr


@pytest.mark.timeout(3600)
@pytest.mark.skipif("ALL_FAULTS" not in os.environ, reason="takes ten minutes: make faults")
def test_a_run_gives_what_it_gives_in_a_new_folder(record_property):
    drawn = settings(
        max_examples=HISTORIES,
        stateful_step_count=LENGTH,
        phases=[Phase.generate],  # each history takes a minute: none is looked for that is shorter
    )
    run_state_machine_as_test(seed(SEED)(Histories), settings=drawn)
    assert all(HAPPENED[step] for step in STEPS), HAPPENED
    record_property("tried", HAPPENED.total())
