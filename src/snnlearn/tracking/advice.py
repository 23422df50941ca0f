"""What to say of a tracking address that cannot be used."""

import base64
import os
import re
import shlex
import sys
from pathlib import Path

from mlflow.store import db_migrations

from snnlearn.tracking.files import file_of

#: Variables that name who logs in, and with what.
USER = "MLFLOW_TRACKING_USERNAME"
SECRETS = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "PGPASSWORD")

#: How MLflow speaks of a schema that is not its own.
OTHER_SCHEMA = re.compile(r"database schema \(found version (\w+)")

#: What is in the reason, and what to do.
REMEDIES = (
    (
        "another writer took this one for dead",
        "Run the same command again: what is missing is logged, and what both have logged is kept "
        "once.",
    ),
    (
        "is locked",
        "End what holds {place} (a program that shows or copies it, or another run), and run the "
        "same command again.",
    ),
    (
        "disk I/O error",
        "See whether the disk of {place} is full, damaged, or no longer reached, and run the same "
        "command again: only what is missing is logged.",
    ),
    (
        "disk is full|No space left|Disk quota",
        "Make room on the disk of {place}, and run the same command again: only what is missing "
        "is logged.",
    ),
    (
        "not a database|malformed",
        "{place} is damaged or no database: move it away, and run the same command again. Runs "
        "of these results are logged anew into a new one; earlier ones are in the old one alone.",
    ),
    (
        "readonly database|unable to open database|cannot be made|cannot be written",
        "Give yourself the right to write to {place} and to its folder, or set tracking.uri to "
        "another address, and run the same command again.",
    ),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "Set MLFLOW_TRACKING_SERVER_CERT_PATH to a file with the certificate of the server or of "
        "who signed it, and run the same command again.",
    ),
    (
        "error code 40[13]|40[13] Client Error",
        "Give MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, of "
        "somebody who may write there, and run the same command again.",
    ),
    (
        r"valid JSON format|error code 30\d|Failed to parse|error code 404",
        "{place} does not answer as an MLflow server does: check tracking.uri, and what stands "
        "between.",
    ),
)


def reason(error: BaseException) -> str:
    """What happened, in one line without secrets; of a request that failed, why it did."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    cause = re.search(r"\(Caused by \w+\((.*)\)\)$", text)
    text = cause[1].strip("\"'") if cause else text
    for secret in _secrets():  # a server may repeat what it was sent
        text = text.replace(secret, "***")
    return text[:400]


def _secrets() -> list[str]:
    """What the environment gives to log in with, also in the form in which it is sent."""
    user, *secrets = (os.environ.get(name, "") for name in (USER, *SECRETS))
    sent = [base64.b64encode(f"{user}:{secret}".encode()).decode() for secret in secrets if secret]
    return [secret for secret in (*sent, *secrets) if secret]


def told(error: BaseException, uri: str) -> str:
    """What happened, in a line, and what to do about it, in a sentence or two.

    Parameters
    ----------
    error : BaseException
        What happened.
    uri : str
        The tracking address.
    """
    place = str(file_of(uri) or uri)
    schema = OTHER_SCHEMA.search(str(error))
    if schema is not None:
        return _schema_told(schema[1], place, uri)
    what = reason(error)
    for pattern, remedy in REMEDIES:
        if re.search(pattern, what):
            return f"{what}\n{remedy.format(place=place)}"
    remedy = "When it answers again, run the same command again: only what is missing is logged."
    return f"{what}\n{remedy}"


def _schema_told(version: str, place: str, uri: str) -> str:
    migrations = Path(db_migrations.__path__[0], "versions")
    if any(migrations.glob(f"{version}_*.py")):
        upgrade = shlex.join([sys.executable, "-m", "mlflow", "db", "upgrade", uri])
        return (
            f"an earlier MLflow made {place}\n"
            f"Keep a copy of it, bring it up to date with `{upgrade}`, "
            "and run the same command again."
        )
    return (
        f"a later MLflow made {place}, which this one cannot read\n"
        "Set tracking.uri to another address, or move it away, and run the same command again: "
        "runs of these results are logged anew."
    )
