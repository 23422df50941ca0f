"""Open MLflow's pages on the logged runs: ``python -m snnlearn.ui``."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from snakemake.exceptions import WorkflowError

from snnlearn.config import from_snakemake
from snnlearn.config.errors import ConfigError
from snnlearn.tracking.advice import reason, told
from snnlearn.tracking.client import experiments
from snnlearn.tracking.database import FAILURES
from snnlearn.tracking.files import copied, elsewhere, file_of, has_runs
from snnlearn.tracking.settings import TrackingSettings

CONFIG = Path("config/config.yaml")
HOST = "127.0.0.1"
PORT = 5000


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


def addresses(pages: str, ids: Mapping[str, str]) -> dict[str, str]:
    """Where the table of an experiment's runs is, for each experiment.

    By themselves, MLflow's pages open on an overview of language models, which is empty here, and
    offer what there is for these.

    Parameters
    ----------
    pages : str
        Address of MLflow's pages.
    ids : mapping of str to str
        Name and id of each experiment.
    """
    start = f"{pages.rstrip('/')}/#/experiments"
    return {n: f"{start}/{number}/runs?workflowType=machine_learning" for n, number in ids.items()}


def show(pages: str, settings: TrackingSettings, browser: bool) -> None:
    """Print where the runs of each experiment are, and open the first where that is wanted.

    Parameters
    ----------
    pages : str
        Address of MLflow's pages.
    settings : TrackingSettings
        Where the runs are.
    browser : bool
        Whether to open a browser.
    """
    try:
        found = addresses(pages, experiments(settings))
    except FAILURES as error:
        print(f"The experiments cannot be listed: {reason(error)}", file=sys.stderr)
        return
    width = max(map(len, found), default=0)
    for name, address in found.items():
        print(f"  {name:{width}}  {address}", flush=True)
    if browser and found:
        webbrowser.open(next(iter(found.values())))


def has_browser() -> bool:
    """Whether somebody sits at this terminal who has a browser with windows."""
    # Without a display, Python would start one that takes the terminal.
    display = sys.platform == "darwin" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return display and sys.stdout.isatty()


def serve(settings: TrackingSettings, wanted: int, browser: bool) -> int:
    """Serve MLflow's pages until interrupted.

    Parameters
    ----------
    settings : TrackingSettings
        Where the runs are.
    wanted : int
        Port; another one is taken where it is busy.
    browser : bool
        Whether to open a browser.

    Returns
    -------
    int
        The server's exit status.
    """
    port = free_port(wanted)
    # A request to end means the same as Ctrl-C: the server must not be left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = _start(settings.uri, port)
    try:
        while server.poll() is None and not _listens(port):
            time.sleep(0.2)
        if server.poll() is None:
            pages = f"http://{HOST}:{port}"
            busy = "" if port == wanted else f" (port {wanted} is busy)"
            print(f"\nMLflow's pages are at {pages}{busy}. Ctrl-C ends this.", flush=True)
            show(pages, settings, browser)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait()


def logged_here(database: Path, aside: Path) -> str:
    """The tracking address by which pages show the runs of an SQLite file, wherever it is now.

    Parameters
    ----------
    database : pathlib.Path
        The file.
    aside : pathlib.Path
        A folder for a copy, which is shown if the file cannot be written, or should be.

    Raises
    ------
    FAILURES
        If it cannot be read.
    """
    writable = os.access(database, os.W_OK) and os.access(database.resolve().parent, os.W_OK)
    if writable and not elsewhere(database):
        return f"sqlite:///{database}"
    why = "was moved or copied" if writable else "cannot be written"
    print(f"{database} {why}: what is shown is a copy of how it is now.", flush=True)
    return f"sqlite:///{copied(database, aside)}"


def _start(uri: str, port: int) -> "subprocess.Popen[bytes]":
    """Start MLflow's server."""
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri]
    command += ["--host", HOST, "--port", str(port), "--workers", "1"]
    # Settings of other servers, such as where they listen, are not meant for this one.
    own = {name: value for name, value in os.environ.items() if not name.startswith("UVICORN_")}
    quiet = {
        "PYTHONWARNINGS": "ignore",  # of MLflow's own parts
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # for features that are not used here
    }
    return subprocess.Popen([*command, "--uvicorn-opts", "--log-level warning"], env=own | quiet)


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
        "--database", type=Path, metavar="FILE", help="an SQLite file of runs, wherever it is"
    )
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"default {PORT}; where it is busy, any free one"
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="say where the pages are, and open none"
    )
    options = parser.parse_args(arguments)
    browser = not options.no_browser and has_browser()
    try:
        here = [CONFIG] if CONFIG.is_file() else []  # or the defaults, which are the project's
        settings = from_snakemake.of_files([*here, *options.configfile]).general.tracking
    except (ConfigError, WorkflowError, OSError) as error:
        print(f"the configuration cannot be used:\n{error}", file=sys.stderr)
        return 1
    uri = f"sqlite:///{options.database}" if options.database else settings.uri
    if uri.startswith("http"):
        print(f"Runs are logged to the MLflow server at {uri}: its pages are there.", flush=True)
        show(uri, settings, browser)
        return 0
    database = file_of(uri)
    if database is None:
        return serve(settings, options.port, browser)
    try:
        if not has_runs(database):
            print(
                f"Nothing is logged in {database} yet: run `make reproduce` first. (Runs that were "
                "made with --configfile FILE: make ui CONFIG=FILE. Runs in a folder that was "
                "renamed or copied: make ui DATABASE=FOLDER/mlflow.db)",
                file=sys.stderr,
            )
            return 1
        with tempfile.TemporaryDirectory() as aside:
            shown = replace(settings, uri=logged_here(database, Path(aside)))
            return serve(shown, options.port, browser)
    except FAILURES as error:
        print(f"MLflow's pages cannot be shown: {told(error, uri)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
