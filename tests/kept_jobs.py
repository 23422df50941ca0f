"""Jobs that Snakemake has run once, to run them again alone."""

import os
import pickle
import runpy
import sys
from pathlib import Path


class Job:
    """A job of Snakemake that was done once, to do it again in a process of its own."""

    def __init__(self, folder: Path, file: Path) -> None:
        self._folder = folder
        self._given, script, self._environment = pickle.loads(file.read_bytes())
        self._script = folder / "workflow/scripts" / Path(script).name
        self.outputs = [folder / path for path in self._given.output]

    def __call__(self) -> None:
        os.chdir(self._folder)
        os.environ.update(self._environment)
        sys.path.insert(0, str(self._script.parent))
        runpy.run_path(
            str(self._script), init_globals={"snakemake": self._given}, run_name="__main__"
        )

    def forget(self) -> None:
        """As Snakemake does before a job: remove what it is to make."""
        for path in self.outputs:
            path.unlink(missing_ok=True)

    def leftovers(self) -> list[Path]:
        """What was written aside."""
        folders = {path.parent for path in self.outputs}
        return [path for folder in folders for path in folder.glob(".*.partial*")]
