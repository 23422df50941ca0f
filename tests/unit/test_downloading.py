"""Servers of data and parameters that do not answer as they should."""

import datetime
import http.server
import ipaddress
import ssl
import threading
from time import perf_counter

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from snnlearn.data import downloading
from snnlearn.data.downloading import ATTEMPTS, DownloadError, download

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def served(server):
    (server.folder / "file.bin").write_bytes(CONTENT)
    return server


def test_file_arrives_whole(served, tmp_path):
    target = tmp_path / "new" / "folder" / "here.bin"
    download(served.url("file.bin"), target)
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["here.bin"]


def test_file_of_that_name_is_replaced(served, tmp_path):
    target = tmp_path / "here.bin"
    target.write_bytes(b"old")
    download(served.url("file.bin"), target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("status", [429, 500, 503])
def test_busy_server_is_asked_again(served, tmp_path, status):
    served.script("file.bin", status, status)
    download(served.url("file.bin"), tmp_path / "here.bin")
    assert (tmp_path / "here.bin").read_bytes() == CONTENT
    assert served.requests == ["file.bin"] * 3


def test_busy_server_is_not_asked_for_ever(served, tmp_path):
    served.script("file.bin", 503, forever=True)
    with pytest.raises(DownloadError, match="503") as raised:
        download(served.url("file.bin"), tmp_path / "here.bin")
    assert served.url("file.bin") in str(raised.value)
    assert len(served.requests) == ATTEMPTS
    assert not (tmp_path / "here.bin").exists()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_refusal_is_final(served, tmp_path, status):
    served.script("file.bin", status, forever=True)
    with pytest.raises(DownloadError, match=str(status)) as raised:
        download(served.url("file.bin"), tmp_path / "here.bin")
    assert served.url("file.bin") in str(raised.value)
    assert served.requests == ["file.bin"]


def test_broken_transfer_is_tried_again(served, tmp_path):
    served.script("file.bin", "cut")
    download(served.url("file.bin"), tmp_path / "here.bin")
    assert (tmp_path / "here.bin").read_bytes() == CONTENT
    assert len(served.requests) == 2


def test_transfer_that_always_breaks_leaves_nothing(served, tmp_path):
    served.script("file.bin", "cut", forever=True)
    folder = tmp_path / "downloads"
    with pytest.raises(DownloadError, match=r"file\.bin"):
        download(served.url("file.bin"), folder / "here.bin")
    assert len(served.requests) == ATTEMPTS
    assert list(folder.iterdir()) == []


def test_a_server_that_drips_is_given_up(served, tmp_path, monkeypatch):
    monkeypatch.setattr(downloading, "GRACE", 0.3)
    served.script("file.bin", "drip", forever=True)
    started = perf_counter()
    with pytest.raises(DownloadError, match="bytes came in"):
        download(served.url("file.bin"), tmp_path / "here.bin")
    assert perf_counter() - started < 10
    assert list(tmp_path.iterdir()) == [served.folder]


def test_silent_server_is_given_up(served, tmp_path, monkeypatch):
    monkeypatch.setattr(downloading, "TIMEOUT", 0.1)
    served.script("file.bin", "hang", forever=True)
    started = perf_counter()
    with pytest.raises(DownloadError, match="timed out"):
        download(served.url("file.bin"), tmp_path / "here.bin")
    assert perf_counter() - started < 5
    assert len(served.requests) == ATTEMPTS


@pytest.mark.parametrize("answer", ["drip header", "drip chunk"])
def test_a_drip_before_the_file_is_given_up(served, tmp_path, monkeypatch, answer):
    """Each byte comes soon after the last one, and none of the file."""
    monkeypatch.setattr(downloading, "GRACE", 0.3)
    served.script("file.bin", answer, forever=True)
    started = perf_counter()
    with pytest.raises(DownloadError, match="0 bytes came in"):
        download(served.url("file.bin"), tmp_path / "new" / "here.bin")
    assert perf_counter() - started < 15
    assert len(served.requests) == ATTEMPTS
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "tries", "told"),
    [
        ("reset", ATTEMPTS, "Connection"),
        ("nonsense", ATTEMPTS, "Connection"),
        ("redirect", 31, "Exceeded 30 redirects"),
        ("two lengths", 1, "Content-Length"),
        ("endless", 1, "more than 300000 bytes came"),
    ],
)
def test_a_server_that_talks_nonsense_is_given_up(
    served, tmp_path, monkeypatch, answer, tries, told
):
    monkeypatch.setattr(downloading, "LARGEST", 300_000)
    served.script("file.bin", answer, forever=True)
    with pytest.raises(DownloadError, match=told) as raised:
        download(served.url("file.bin"), tmp_path / "new" / "here.bin")
    assert served.url("file.bin") in str(raised.value)
    assert len(served.requests) == tries
    assert list((tmp_path / "new").iterdir()) == []


def test_no_more_is_taken_than_the_server_says(served, tmp_path):
    """What is missing is noticed by whoever reads the file."""
    served.script("file.bin", "short")
    download(served.url("file.bin"), tmp_path / "here.bin")
    assert (tmp_path / "here.bin").read_bytes() == CONTENT[: len(CONTENT) // 2]


@pytest.fixture
def untrusted(tmp_path):
    """The port of a server whose certificate nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    kind, secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "both.pem").write_bytes(
        key.private_bytes(pem, kind, secret) + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_certificate_that_is_not_trusted_is_told(untrusted, no_waiting, tmp_path):
    with pytest.raises(DownloadError, match="CERTIFICATE_VERIFY_FAILED"):
        download(f"https://127.0.0.1:{untrusted}/file.bin", tmp_path / "here.bin")
    assert not (tmp_path / "here.bin").exists()


def test_nobody_listening_is_named(dead_url, tmp_path):
    with pytest.raises(DownloadError) as raised:
        download(dead_url, tmp_path / "here.bin")
    assert dead_url in str(raised.value)


def test_existing_file_survives_a_failed_download(dead_url, tmp_path):
    target = tmp_path / "here.bin"
    target.write_bytes(b"old")
    with pytest.raises(DownloadError):
        download(dead_url, target)
    assert target.read_bytes() == b"old"
