"""Open MLflow's pages on the logged runs: ``python -m snnlearn.ui``."""

import argparse
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from snnlearn.config.errors import ConfigError
from snnlearn.config.loading import load
from snnlearn.tracking.settings import TrackingSettings

CONFIG = Path("config/config.yaml")
HOST = "127.0.0.1"
PORT = 5000


def configured(files: Sequence[Path]) -> TrackingSettings:
    """The tracking of a configuration, merged from files as Snakemake does it.

    Raises
    ------
    ConfigError, WorkflowError
        If it cannot be used, or read.
    """
    raw: dict[str, Any] = {}
    for file in files:
        update_config(raw, load_configfile(file))
    return load(raw, files).general.tracking


def has_runs(database: Path) -> bool:
    """Whether an SQLite file has runs of MLflow in it."""
    if not database.is_file():
        return False
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as opened:
        tables = opened.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchone()
        return bool(tables and opened.execute("SELECT 1 FROM runs LIMIT 1").fetchone())


def free_port(wanted: int) -> int:
    """A port on which nobody listens: the one that is wanted, or else any."""
    for port in (wanted, 0):
        with socket.socket() as tried:
            # Not SO_REUSEADDR: on some systems it lets two processes share a port.
            try:
                tried.bind((HOST, port))
            except OSError:
                continue
            return int(tried.getsockname()[1])
    raise OSError(f"no port is free on {HOST}")


def serve(uri: str, wanted: int) -> int:
    """Serve MLflow's pages until interrupted, and return its exit status."""
    port = free_port(wanted)
    address = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri]
    command += ["--host", HOST, "--port", str(port), "--workers", "1"]
    quiet = {
        "PYTHONWARNINGS": "ignore",  # of MLflow's own parts
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # for features that are not used here
    }
    # A request to end means the same as Ctrl-C: the server must not be left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = subprocess.Popen(
        [*command, "--uvicorn-opts", "--log-level warning"], env=quiet | os.environ
    )
    try:
        while server.poll() is None and not _listens(port):
            time.sleep(0.2)
        if server.poll() is None:
            busy = "" if port == wanted else f" (port {wanted} is busy)"
            print(f"\nMLflow's pages are at {address}{busy}. Ctrl-C ends this.", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex((HOST, port)) == 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m snnlearn.ui", description=__doc__)
    parser.add_argument(
        "--configfile", type=Path, nargs="+", default=[], help="what the runs were made with"
    )
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"default {PORT}; where it is busy, any free one"
    )
    options = parser.parse_args(arguments)
    try:
        uri = configured([CONFIG, *options.configfile]).uri
    except (ConfigError, WorkflowError, OSError) as error:
        print(f"the configuration cannot be used:\n{error}", file=sys.stderr)
        return 1
    if uri.startswith("http"):
        print(f"Runs are logged to the MLflow server at {uri}: its pages are there.")
        return 0
    database = uri.removeprefix("sqlite:///")
    if database != uri and not has_runs(Path(database)):
        print(
            f"Nothing is logged in {database} yet: run `make reproduce` first. "
            "(Runs that were made with --configfile FILE: make ui CONFIG=FILE)",
            file=sys.stderr,
        )
        return 1
    return serve(uri, options.port)


if __name__ == "__main__":
    sys.exit(main())
