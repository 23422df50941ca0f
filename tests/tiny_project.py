"""A copy of the project in a folder of its own, and a way to run Snakemake in it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "workflow", "src", "config", "envs", "profiles", "resources/pretrained")

#: Every experiment, as small as it can be. Nothing is looked for, so the bundled digits stand in.
TINY = """
seeds: 3
channel: {duration: 2, generalization_duration: 0.5, n_neurons: 10, seeds_per_job: 2}
conditioning: {duration: 10.5, n_neurons_per_dimension: 5, seeds_per_job: 2}
tuning_curve: {n_currents: 50}
mnist:
  seeds: 1
  test_images: 20
  minibatch_size: 20
  n_steps: 5
  figure_images: 2
  parameters: {training: {epochs: 1, images: 100}}
variance: {channel: {blocks: 1}, mnist: {blocks: 0}}
data: {search: [], urls: []}
figures: {dpi: 50}
"""


@dataclass(frozen=True)
class Project:
    """A copy of the project."""

    folder: Path

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run Snakemake there on two cores with the tiny configuration."""
        command = [sys.executable, "-m", "snakemake", "--configfile", "tiny.yaml", "--cores", "2"]
        finished = subprocess.run(
            [*command, *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder / "src")},
            capture_output=True,
            text=True,
        )
        if check:
            assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished

    def planned(self, *arguments: str) -> set[str]:
        """Outputs that a run would make now, relative to the folder of results."""
        table = self.snakemake("--summary", *arguments).stdout
        rows = [line.split("\t") for line in table.splitlines() if "\t" in line][1:]
        assert rows, table
        return {row[0].removeprefix("results/") for row in rows if row[-1] == "update pending"}

    def configure(self, text: str) -> None:
        """Write the configuration file that every run takes."""
        (self.folder / "tiny.yaml").write_text(text)


def copy_project(folder: Path) -> Project:
    """Copy the project, without results."""
    folder.mkdir(exist_ok=True)
    for part in PARTS:
        source, target = ROOT / part, folder / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg*"))
        else:
            shutil.copyfile(source, target)
    project = Project(folder)
    project.configure(TINY)
    return project
