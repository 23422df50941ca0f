"""Pack the results of a finished run, and what made them, into a Workflow Run RO-Crate.

The zip file unpacks to the project as it was run, with its results in ``results/``, and
``ro-crate-metadata.json``. Images, logs and MLflow's database are left out.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from snnlearn.config import from_snakemake
from snnlearn.config.errors import ConfigError
from snnlearn.crate.contents import Contents, UnfinishedError, read
from snnlearn.crate.metadata import describe
from snnlearn.data.checksums import DamagedError
from snnlearn.data.files import replacing
from snnlearn.jobs.provenance import checkout

PROJECT = Path(__file__).parents[3]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status: 1 where nothing was written."""
    parser = argparse.ArgumentParser(prog="python -m snnlearn.crate", description=__doc__)
    parser.add_argument(
        "results", nargs="?", type=Path, default=Path("results"), help="%(default)s"
    )
    parser.add_argument(
        "--configfile", type=Path, help="what the run was given, where MLflow has not kept it"
    )
    parser.add_argument("--output", type=Path, help="RESULTS/ro-crate.zip")
    options = parser.parse_args(arguments)
    output = options.output or options.results / "ro-crate.zip"
    try:
        contents = read(options.results, PROJECT)
        configuration = configuration_of(contents, options.configfile)
        now = checkout(PROJECT)
        crate = describe(contents, configuration, None if now["dirty"] else now["commit"])
        with replacing(output) as partial:
            crate.write_zip(partial)
    except (UnfinishedError, DamagedError, ConfigError, OSError) as problem:
        print(f"crate: {problem}", file=sys.stderr)
        return 1
    if configuration is None:
        print(
            "crate: the configuration that made these results is not known, so its SHA-256 alone "
            "is written down; CONFIG=FILE names the file",
            file=sys.stderr,
        )
    if told := crate.mainEntity.get("description"):
        print(f"crate: {told}", file=sys.stderr)
    size = output.stat().st_size / 1e6
    print(f"{output}: {len(contents.files)} results, {size:.1f} MB, ready to be uploaded")
    return 0


def configuration_of(contents: Contents, given: Path | None) -> Path | None:
    """The file whose configuration has the hash that ``provenance.json`` names.

    Parameters
    ----------
    contents : Contents
        The finished run.
    given : pathlib.Path, optional
        A file that is said to have made it.

    Returns
    -------
    pathlib.Path or None
        None where none is known to have.

    Raises
    ------
    UnfinishedError
        If the file that was given did not make these results.
    snnlearn.config.errors.ConfigError
        If it is no configuration.
    """
    sha = contents.provenance["configuration_sha256"]
    if given:
        found = from_snakemake.of_files([given]).sha256()
        if found != sha:
            raise UnfinishedError(
                f"{given} did not make these results: it is the configuration {found[:12]}…, and "
                f"they are of {sha[:12]}…; give the file that they were made with"
            )
        return given
    for file in _kept(contents):
        if from_snakemake.of_files([file]).sha256() == sha:
            return file
    return None


def _kept(contents: Contents) -> Iterator[Path]:
    """Configurations that MLflow has kept beside its database, and the default one."""
    for cell in contents.logged.values():
        for name in cell["artifacts"]:
            file = contents.results / name
            if file.name == "effective.yaml" and file.is_file():
                yield file
    yield PROJECT / "config/config.yaml"


if __name__ == "__main__":
    sys.exit(main())
