"""Where runs are logged, as a configuration says it."""

import os
from typing import Annotated, Self
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass as validated

from snnlearn.settings.addresses import is_here, is_open
from snnlearn.settings.paths import expanded, usable
from snnlearn.settings.types import STRICT, Count, Flag, Text

#: SQLAlchemy's drivers that are installed, by the kind of address.
DRIVERS = {"sqlite": "", "http": "", "https": "", "postgresql": "psycopg2"}


def _prefix(text: str) -> str:
    """Refuse what cannot be in names of experiments, models, or folders."""
    if found := sorted(set(":'\"\\").intersection(text)):
        raise ValueError(f"has {' and '.join(found)} in it, which names of MLflow cannot have")
    if not text.isprintable() or not all(
        part.strip() == part and part not in ("", ".", "..") for part in text.split("/")
    ):
        raise ValueError("is no name that a folder can have, such as project or group/project")
    return text


def _tracking_address(uri: str) -> str:
    """Refuse what MLflow cannot use, and secrets; do not repeat these in the message."""
    try:
        address = urlsplit(uri)
        host, port = address.hostname, address.port
    except ValueError as error:
        said = "" if "@" in uri else f": {error}"  # which may repeat a password
        raise ValueError(f"is no tracking address{said}") from None
    kind, _, driver = address.scheme.partition("+")
    if kind not in DRIVERS:
        raise ValueError(
            "is no tracking address: give sqlite:///FILE, http(s)://HOST:PORT or "
            "postgresql://HOST/DATABASE"
        )
    if address.password is not None or "password" in parse_qs(address.query, True):
        remedy = (
            "PGPASSWORD in the environment, or ~/.pgpass"
            if kind == "postgresql"
            else "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, "
            "in the environment"
        )
        raise ValueError(
            f"holds a password, which would end up in logs: take it out, and give it by {remedy}"
        )
    if driver and driver != DRIVERS[kind]:
        raise ValueError(
            f"asks for the driver {driver!r}, which is not there: begin it with {kind}:"
        )
    if port == 0:
        raise ValueError("asks for port 0, at which nothing answers: give that of the server")
    if kind == "sqlite":
        return _of_file(uri)
    if not host and kind != "postgresql":  # whose library takes the local socket then
        raise ValueError(f"names no host: give {kind}://HOST")
    if kind == "postgresql" and not address.path.strip("/"):
        raise ValueError("names no database: give postgresql://HOST/DATABASE")
    return uri


def _of_file(uri: str) -> str:
    """The address of an SQLite file, with its path filled in."""
    start, _, name = uri.partition("sqlite:///")
    if start or not name or name.startswith(":memory:") or "?" in name:
        raise ValueError("names no file: give sqlite:///FILE, such as sqlite:///results/mlflow.db")
    file = expanded(usable(name))
    if file.is_dir():
        raise ValueError(f"names the folder {file}: give a file in it")
    return f"sqlite:///{file}"


def _uses_tls(address: SplitResult) -> bool:
    """Whether a PostgreSQL server is asked for TLS, or is on this machine, whatever else may be.

    libpq takes several hosts, addresses in their place, and a service, which may name any.
    """
    asked = parse_qs(address.query)
    named = [address.hostname or "", *asked.get("host", [])]
    if not any(named):
        named = [os.environ.get("PGHOST", "")]
    named += asked.get("hostaddr", [os.environ.get("PGHOSTADDR", "")])
    elsewhere = "service" in asked or "PGSERVICE" in os.environ
    if not elsewhere and all(_is_here(host) for hosts in named for host in hosts.split(",")):
        return True
    modes = asked.get("sslmode", [os.environ.get("PGSSLMODE", "prefer")])
    return all(mode in ("require", "verify-ca", "verify-full") for mode in modes)


def _is_here(host: str) -> bool:
    """Whether a host of PostgreSQL's is this machine: a socket, or a loopback address."""
    if not host or host.startswith("/"):
        return True
    return is_here(urlsplit(f"//[{host}]" if host.count(":") > 1 else f"//{host}"))


@validated(frozen=True, config=STRICT)
class TrackingSettings:
    """Where runs are logged with MLflow."""

    enabled: Flag = True
    """Whether runs are logged at all."""

    uri: Annotated[Text, AfterValidator(_tracking_address)] = "sqlite:///results/mlflow.db"
    """MLflow's tracking address: ``sqlite:///FILE``, ``http(s)://HOST:PORT`` of an MLflow server,
    or ``postgresql://HOST/DATABASE`` (without ``HOST``, the local socket); without a password,
    which MLflow takes from the environment.
    """

    allow_http: Flag = False
    """Whether runs may be sent to another machine over http, or to PostgreSQL there without TLS.
    Whoever is in between can read and change them, and reads the password.
    """

    experiment_prefix: Annotated[Text, Field(max_length=100), AfterValidator(_prefix)] = "snnlearn"
    """MLflow experiments are named ``<prefix>/<experiment>``; so are the folders of their
    artifacts, and, with a hyphen, registered models. So ``:``, quotes, backslashes and parts such
    as ``..`` cannot be in it.
    """

    max_points: Count = 100
    """Time series are thinned to at most so many points per metric and seed."""

    live: Flag = False
    """Whether trainings appear in MLflow while they run: their progress, and the loss and the
    accuracy of each epoch.
    """

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        address, reads = urlsplit(self.uri), "where whoever is in between reads runs and passwords"
        if not self.enabled or self.allow_http:
            return self
        if is_open(address):
            raise ValueError(
                f"uri is http of another machine, {reads}: give an https address, or set "
                "allow_http: true"
            )
        if address.scheme.startswith("postgresql") and not _uses_tls(address):
            raise ValueError(
                f"uri is PostgreSQL of another machine without TLS, {reads}: end it with "
                "?sslmode=verify-full (or require, which trusts any server), or set "
                "allow_http: true"
            )
        return self
