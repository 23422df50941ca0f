"""Where runs are logged, as a configuration says it."""

from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator
from pydantic.dataclasses import dataclass as validated

from snnlearn.settings.types import STRICT, Count, Flag, Text


def _tracking_address(uri: str) -> str:
    """Refuse what MLflow cannot use, and secrets; do not repeat these in the message."""
    address = urlsplit(uri)
    kind = address.scheme.partition("+")[0]
    if kind not in ("sqlite", "http", "https", "postgresql"):
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
    return uri


@validated(frozen=True, config=STRICT)
class TrackingSettings:
    """Where runs are logged with MLflow."""

    enabled: Flag = True
    """Whether runs are logged at all."""

    uri: Annotated[Text, AfterValidator(_tracking_address)] = "sqlite:///results/mlflow.db"
    """MLflow's tracking address: ``sqlite:///FILE``, ``http(s)://HOST:PORT`` of an MLflow server,
    or ``postgresql://HOST/DATABASE``; without a password, which MLflow takes from the environment.
    """

    experiment_prefix: Text = "snnlearn"
    """MLflow experiments are named ``<prefix>/<experiment>``."""

    max_points: Count = 100
    """Time series are thinned to at most so many points per metric and seed."""

    live: Flag = False
    """Whether trainings appear in MLflow while they run: their progress, and the loss and the
    accuracy of each epoch.
    """
