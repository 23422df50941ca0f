"""Addresses that do not answer as MLflow does: one message with the right advice, and soon."""

import ast
import errno
import json
import os
import re
import shlex
import shutil
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from time import monotonic, sleep

import pytest
import sqlalchemy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from snnlearn import tracking
from snnlearn.tracking import patience, postgresql
from snnlearn.tracking.advice import told
from snnlearn.tracking.client import ExperimentLog
from snnlearn.tracking.database import FAILURES, connected
from snnlearn.tracking.settings import TrackingSettings

# isort: split
from alembic import command
from mlflow import MlflowClient, environment_variables
from mlflow.exceptions import MlflowException
from mlflow.store.db.utils import _get_alembic_config
from mlflow.store.tracking.dbmodels.initial_models import Base

FOUND = json.dumps({"experiment": {"experiment_id": "7", "lifecycle_stage": "active"}}).encode()

Answer = Callable[[BaseHTTPRequestHandler, int], None]


def answered(status: int, content: bytes, length: int | None = None, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler, _: int) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    return answer


def stalls(request: BaseHTTPRequestHandler, _: int) -> None:
    request.server.closing.wait(20)


def drips(request: BaseHTTPRequestHandler, _: int) -> None:
    request.send_response(200)
    request.end_headers()
    while not request.server.closing.wait(timeout=0.05):
        request.wfile.write(b" ")


def resets(request: BaseHTTPRequestHandler, _: int) -> None:
    linger = struct.pack("ii", 1, 0)
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def echoes(request: BaseHTTPRequestHandler, _: int) -> None:
    answered(403, str(request.headers).encode().replace(b"\n", b" "))(request, 0)


def well_at_last(request: BaseHTTPRequestHandler, number: int) -> None:
    answered(*((500, b"") if number < 2 else (200, FOUND)))(request, number)


@pytest.fixture
def serve(monkeypatch):
    """Serve one answer to all requests on the loopback address; give the address."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setattr(patience, "LONGEST", 5)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    servers = []

    def serve(answer: Answer, context: ssl.SSLContext | None = None) -> str:
        class Handler(BaseHTTPRequestHandler):
            asked = 0

            def do_GET(self) -> None:
                Handler.asked += 1
                answer(self, Handler.asked - 1)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.closing = threading.Event()
        server.handle_error = lambda *_: None
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        servers.append((server, thread))
        return f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"

    yield serve
    for server, thread in servers:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def failure(uri: str) -> str:
    """What is told when nothing can be logged there."""
    with pytest.raises(FAILURES) as failed:
        ExperimentLog(TrackingSettings(uri=uri), "channel", "Summary.")
    message = told(failed.value, uri)
    assert message.count("\n") == 1
    return message


@pytest.mark.parametrize(
    ("answer", "what", "remedy"),
    [
        (stalls, "timed out", "When it answers again"),
        (drips, "not complete after 5 s", "When it answers again"),
        (resets, "Connection", "When it answers again"),
        (answered(200, FOUND, length=999), "", "When it answers again"),
        (answered(500, b""), "500", "When it answers again"),
        (answered(200, b"<html>A portal</html>"), "not in a valid JSON", "check tracking.uri"),
        (answered(200, b'{"experiment": [1]}'), "Failed to parse", "check tracking.uri"),
        (answered(404, b"nothing here"), "404", "check tracking.uri"),
        (answered(403, b"not you"), "403", "MLFLOW_TRACKING_USERNAME"),
        (answered(401, b"who?"), "401", "MLFLOW_TRACKING_USERNAME"),
        (answered(302, b"", Location="/again"), "302", "check tracking.uri"),
    ],
    ids=[
        "stalls",
        "drips",
        "resets",
        "too short",
        "500",
        "HTML",
        "other JSON",
        "404",
        "403",
        "401",
        "loop",
    ],
)
def test_a_server_that_misbehaves_is_given_up_with_the_right_advice(serve, answer, what, remedy):
    started = monotonic()
    message = failure(serve(answer))
    assert monotonic() - started < 25
    happened, advised = message.split("\n")
    assert what in happened
    assert remedy in advised


def test_nobody_follows_to_another_server(serve):
    """What one logs in with is not for it."""
    asked = []

    def elsewhere(request: BaseHTTPRequestHandler, number: int) -> None:
        asked.append(request.path)
        answered(200, FOUND)(request, number)

    message = failure(serve(answered(302, b"", Location=f"{serve(elsewhere)}/again")))
    assert "302" in message
    assert asked == []


def test_a_postgresql_server_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(postgresql, "CONNECT_TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/runs"
        began = monotonic()
        message = failure(uri)
    assert monotonic() - began < 10
    assert "the server was silent for 0 s" in message
    assert "run the same command again" in message


def test_a_server_that_fails_twice_is_asked_a_third_time(serve):
    ExperimentLog(TrackingSettings(uri=serve(well_at_last)), "channel", "Summary.")


@pytest.mark.parametrize("user", [None, "somebody"])
def test_no_secret_is_told_though_a_server_repeats_it(serve, monkeypatch, user):
    if user:
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", user)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "a-password-of-mine")
    else:
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "a-token-of-mine")
    message = failure(serve(echoes))
    assert "Authorization: B" in message  # Basic or Bearer
    assert "***" in message
    assert "-of-mine" not in message
    assert "c29tZWJvZHk6" not in message  # what somebody: begins with, in base64


@pytest.fixture
def certificate(tmp_path):
    """A certificate that nobody has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, *plain))
    return file


def test_a_certificate_that_is_not_trusted_is_told_and_can_be_named(
    serve, certificate, monkeypatch
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    uri = serve(answered(200, FOUND), context)
    message = failure(uri)
    assert "CERTIFICATE_VERIFY_FAILED" in message
    assert "Set MLFLOW_TRACKING_SERVER_CERT_PATH" in message
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(certificate))
    ExperimentLog(TrackingSettings(uri=uri), "channel", "Summary.")


# SQLite files


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A file with a run in it."""
    file = tmp_path_factory.mktemp("whole") / "mlflow.db"
    connected(TrackingSettings(uri=f"sqlite:///{file}")).create_run("0")
    return file


@pytest.fixture
def file(whole, tmp_path):
    return Path(shutil.copy(whole, tmp_path))


def assert_it_can_be_logged(uri: str) -> None:
    """In a process that knows nothing of the file that was there before."""
    code = LOG.replace("sqlite:///mlflow.db", uri)
    environment = os.environ | {"MLFLOW_TRACKING_TOKEN": "a-token-of-mine"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=120)


@pytest.mark.parametrize("damage", ["no database", "cut", "garbled"])
def test_a_damaged_file_is_told_and_the_advice_helps(file, damage):
    content = file.read_bytes()
    if damage == "no database":
        file.write_bytes(b"something else" * 999)
    elif damage == "cut":
        file.write_bytes(content[: len(content) // 3])
    else:
        garbled = bytearray(content)
        garbled[4096::37] = bytes(255 - byte for byte in garbled[4096::37])
        file.write_bytes(garbled)
    before = file.read_bytes()
    assert "move it away, and run the same command again" in failure(f"sqlite:///{file}")
    assert file.read_bytes() == before
    file.rename(file.with_name("away.db"))
    assert_it_can_be_logged(f"sqlite:///{file}")


def test_a_later_schema_is_told_and_the_advice_helps(file):
    with sqlite3.connect(file) as opened:
        opened.execute("UPDATE alembic_version SET version_num = 'f00f00f00f00'")
    opened.close()
    message = failure(f"sqlite:///{file}")
    assert message.startswith(f"a later MLflow made {file}")
    assert "upgrade" not in message
    file.rename(file.with_name("away.db"))
    assert_it_can_be_logged(f"sqlite:///{file}")


def test_an_earlier_schema_is_told_and_the_advice_helps(tmp_path):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    engine = sqlalchemy.create_engine(uri)
    Base.metadata.create_all(engine)
    command.upgrade(_get_alembic_config(uri), "f5a4f2784254")
    with engine.begin() as opened:
        opened.execute(
            sqlalchemy.text("INSERT INTO runs (run_uuid, experiment_id) VALUES ('1', 0)")
        )
    engine.dispose()
    found = (
        "Detected out-of-date database schema (found version f5a4f2784254, but expected another)"
    )
    message = told(MlflowException(found), uri)
    assert message.startswith("an earlier MLflow made ")
    advised = f"{shlex.quote(sys.executable)} -m mlflow db upgrade {shlex.quote(uri)}"
    assert advised in message
    subprocess.run(shlex.split(advised), check=True, capture_output=True)
    assert_it_can_be_logged(uri)
    with sqlite3.connect(tmp_path / "mlflow.db") as opened:
        assert opened.execute("SELECT count(*) FROM runs WHERE run_uuid = '1'").fetchone() == (1,)
    opened.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("failed", ["artifacts cannot be written", "mlflow.db cannot be made"])
def test_a_disk_without_room_is_told_as_that(number, failed):
    error = MlflowException(f"{failed}: {OSError(number, os.strerror(number))}")
    assert "Make room on the disk of mlflow.db, and" in told(error, "sqlite:///mlflow.db")


@pytest.mark.parametrize(("opened_before", "seconds"), [(False, 5), (True, 25)])
def test_a_lock_is_waited_for_longer_than_mlflows_20_seconds(file, caplog, opened_before, seconds):
    settings = TrackingSettings(uri=f"sqlite:///{file}")
    log = ExperimentLog(settings, "channel", "Summary.") if opened_before else None
    holding = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holding.execute("BEGIN EXCLUSIVE")

    def release() -> None:
        sleep(seconds)
        holding.execute("ROLLBACK")
        holding.close()

    releasing = threading.Thread(target=release)
    releasing.start()
    log = log or ExperimentLog(settings, "channel", "Summary.")
    log.end(log.begin("a run", {}))
    releasing.join()
    told = caplog.text.count("is locked by another process: waiting for up to 120 s")
    assert told == (0 if opened_before else 1)
    assert "Traceback" not in caplog.text


# Variables of other work

OTHER_WORK = {
    "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
    "MLFLOW_REGISTRY_URI": "http://127.0.0.1:9",
    "MLFLOW_EXPERIMENT_ID": "77",
    "MLFLOW_EXPERIMENT_NAME": "other work",
    "MLFLOW_RUN_ID": "other",
    "MLFLOW_WORKSPACE": "other",
    "MLFLOW_ENABLE_WORKSPACES": "true",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "true",
    "MLFLOW_ARTIFACTS_DESTINATION": "elsewhere",
    "MLFLOW_RUN_CONTEXT": "{}",
    "_MLFLOW_ACTIVE_MODEL_ID": "other",
    "MLFLOW_READ_REPLICA_BACKEND_STORE_URI": "sqlite:///elsewhere.db",
    "MLFLOW_DISABLE_TELEMETRY": "false",
    "_MLFLOW_SERVER_FILE_STORE": "sqlite:///elsewhere.db",
}

LOG = """
import os, sys
from snnlearn.tracking.client import ExperimentLog
from snnlearn.tracking.settings import TrackingSettings
log = ExperimentLog(TrackingSettings(uri="sqlite:///mlflow.db"), "channel", "Summary.")
with log.run("one", {}) as run:
    log.text(run, "text", "folder/file.txt")
log.registered("A model.")
log.register(run, "folder", {}, "A version.")
assert os.environ["MLFLOW_TRACKING_TOKEN"] == "a-token-of-mine"
print({name: os.environ[name] for name in os.environ if "MLFLOW" in name and "TOKEN" not in name})
"""

#: Variables of MLflow that name a place, and none that runs or models are written to.
OTHER_PLACES = {
    "MLFLOW_DISABLE_DATABRICKS_SDK_FOR_RUN_ARTIFACTS",
    "MLFLOW_ENABLE_SGC_RUN_RESUMPTION_FOR_DATABRICKS_JOBS",
    "MLFLOW_ENABLE_UC_NATIVE_MODEL_REGISTRY",
    "MLFLOW_ENV_ROOT",
    "MLFLOW_GATEWAY_RATE_LIMITS_STORAGE_URI",
    "MLFLOW_GATEWAY_URI",
    "MLFLOW_MODEL_CATALOG_URI",
    "MLFLOW_SKIP_SIGNATURE_CHECK_FOR_UC_REGISTRY_MIGRATION",
    "SERVERLESS_GPU_COMPUTE_ASSOCIATED_JOB_RUN_ID",
}


def test_every_variable_of_the_installed_mlflow_that_says_where_is_known():
    known = {
        variable.name
        for variable in vars(environment_variables).values()
        if isinstance(variable, environment_variables._EnvironmentVariable)
    }
    assert len(known) > 200
    where = re.compile("URI|EXPERIMENT|REGISTRY|WORKSPACE|RUN_|ACTIVE_MODEL|DESTINATION|_ROOT")
    assert {
        name
        for name in known
        if where.search(name) and not name.lstrip("_").startswith(tracking.OTHER_WORK)
    } == OTHER_PLACES


HOW_TO_REACH = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "300",
    "MLFLOW_HTTP_POOL_MAXSIZE": "3",
    "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "2",
    "MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT": "60",
    "MLFLOW_ENABLE_MULTIPART_UPLOAD": "false",
    "MLFLOW_TRACKING_AUTH": "kerberos",
    "MLFLOW_KERBEROS_USER": "me",
    "MLFLOW_S3_ENDPOINT_URL": "http://127.0.0.1:9",
}


def test_only_the_address_of_the_configuration_counts_and_no_secret_is_kept(tmp_path):
    secrets = {"MLFLOW_TRACKING_TOKEN": "a-token-of-mine", "PGPASSWORD": "a-password-of-mine"}
    ran = subprocess.run(
        [sys.executable, "-c", LOG],
        cwd=tmp_path,
        env=os.environ | OTHER_WORK | HOW_TO_REACH | secrets,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    left = ast.literal_eval(ran.stdout)
    assert left.items() >= HOW_TO_REACH.items()
    assert left["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert not left.keys() & OTHER_WORK.keys() - {"MLFLOW_DISABLE_TELEMETRY"}
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"mlflow.db", ".mlflow.db.lock", "mlflow.artifacts"}
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert len(client.search_model_versions("name = 'snnlearn-channel'")) == 1
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"-of-mine" not in file.read_bytes()
    assert "-of-mine" not in ran.stdout + ran.stderr
