import itertools
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import tenacity
from hypothesis import HealthCheck, settings
from tiny_project import SECRET, SECRET_VARIABLES, copy_project

from snnlearn.data import downloading, obtaining
from snnlearn.data.datasets import Images
from snnlearn.data.hashing import sha256_of_array
from snnlearn.engines import nengodl

# What Hypothesis draws is the same each time, wherever, and however slow the machine is.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("repeatable")

#: How answers begin that are not made by the library, and what follows again and again.
RAW = {
    "reset": "HTTP/1.0 200 OK\r\nContent-Le",
    "redirect": "HTTP/1.0 302 Found\r\nLocation: {0}\r\nContent-Length: 0\r\n\r\n",
    "endless": "HTTP/1.0 200 OK\r\n\r\n",
    "nonsense": "SSH-2.0-OpenSSH\r\n",
    "two lengths": "HTTP/1.0 200 OK\r\nContent-Length: 3, 7\r\n\r\n",
    "short": "HTTP/1.0 200 OK\r\nContent-Length: {1}\r\n\r\n",
    "drip header": "HTTP/1.0 200 OK\r\nX: ",
    "drip chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
}
FOREVER = {"endless": bytes(2**16), "drip header": b"x", "drip chunk": b"0"}


class Server:
    """Serves a folder on the loopback address and counts what it is asked for.

    ``script(name, *answers)`` says how the next requests of a file are answered: with an HTTP
    status; with ``"cut"``, the file's whole length in the header and half of it in the body;
    with ``"drip"``, the file byte by byte; with ``"drip header"`` or ``"drip chunk"``, what stands
    before it; with ``"reset"``, a connection that is torn down; with ``"redirect"``, the same
    address; with an address, that one; with ``"endless"``, zeros; with ``"nonsense"``, what is no
    HTTP; with ``"two lengths"``, both; with ``"short"``, half of its length in the header; or with
    ``"hang"``, nothing at all. After these, or where there are none, with the file.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.requests: list[str] = []
        self.authorized: list[str | None] = []
        self._answers: dict[str, Iterator[int | str]] = {}
        self._closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def url(self, name: str = "") -> str:
        return f"http://127.0.0.1:{self._http.server_port}/{name}"

    def script(self, name: str, *answers: int | str, forever: bool = False) -> None:
        self._answers[name] = itertools.cycle(answers) if forever else iter(answers)

    def close(self) -> None:
        if not self._closing.is_set():
            self._closing.set()
            self._http.shutdown()
            self._thread.join()
            self._http.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        name = request.path.lstrip("/")
        self.requests.append(name)
        self.authorized.append(request.headers.get("Authorization"))
        answer = next(self._answers.get(name, iter(())), None)
        file = self.folder / name
        if isinstance(answer, str) and "://" in answer:
            request.send_response(302)
            request.send_header("Location", answer)
            request.end_headers()
            return
        if answer == "hang":
            self._closing.wait(timeout=30)
            return
        if isinstance(answer, int) or not file.is_file():
            request.send_error(answer if isinstance(answer, int) else 404)
            return
        content = file.read_bytes()
        with suppress(ConnectionError):  # whoever has given up does not listen
            if answer in RAW:
                self._misbehave(request, str(answer), content)
                return
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        if answer == "drip":
            with suppress(ConnectionError):  # whoever has given up does not listen
                for byte in content:
                    request.wfile.write(bytes([byte]))
                    if self._closing.wait(timeout=0.05):
                        return
            return
        request.wfile.write(content[: len(content) // 2] if answer == "cut" else content)

    def _misbehave(self, request: BaseHTTPRequestHandler, answer: str, content: bytes) -> None:
        """Answer with what :data:`RAW` says, and what goes on for ever."""
        start = RAW[answer].format(request.path, len(content) // 2).encode()
        request.wfile.write(start)
        if answer == "short":
            request.wfile.write(content)
        while answer in FOREVER and not self._closing.wait(timeout=0.01):
            request.wfile.write(FOREVER[answer])
        if answer == "reset":
            request.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            request.connection.close()


@pytest.fixture
def no_waiting(monkeypatch):
    """Downloads are tried again at once, and not by way of a proxy."""
    monkeypatch.setattr(downloading, "WAIT", tenacity.wait_none())
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture
def server(tmp_path, no_waiting):
    server = Server(tmp_path / "served")
    yield server
    server.close()


@pytest.fixture
def dead_port():
    """A port on the loopback address on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def dead_url(no_waiting, dead_port):
    """An address on which nobody listens."""
    return f"http://127.0.0.1:{dead_port}/images.npz"


@pytest.fixture(scope="session")
def uri(tmp_path_factory):
    """One database of MLflow for all tests: it takes seconds to make one."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'runs.db'}"


@pytest.fixture
def make_images():
    """Small sets of random images in the layout of MNIST."""

    def make(seed: int = 0, n_train: int = 6, n_test: int = 4) -> Images:
        rng = np.random.default_rng(seed)
        arrays = {}
        for part, n in (("train", n_train), ("test", n_test)):
            arrays[f"x_{part}"] = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
            arrays[f"y_{part}"] = rng.integers(0, 10, n, dtype=np.uint8)
        return Images(**arrays)

    return make


@pytest.fixture
def images(make_images):
    return make_images()


@pytest.fixture
def hashes(images):
    """SHA-256 of each array of ``images``."""
    return {name: sha256_of_array(array) for name, array in images.arrays().items()}


@pytest.fixture(scope="session")
def mnist():
    """Path of the real MNIST; tests that use it are skipped where it is not at hand."""
    settings = obtaining.DataSettings()
    found = settings.candidates()
    if not found:
        pytest.skip(f"{settings.sought} is in none of the folders {', '.join(settings.search)}")
    return found[0]


@pytest.fixture
def project(tmp_path):
    """A fresh copy of the project, to run Snakemake in."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A copy in which everything has been run once; a test undoes what it changes.

    What Snakemake gave to each job stands in its folder ``jobs``.
    """
    project = copy_project(tmp_path_factory.mktemp("finished"))
    project.keep_jobs()
    with pytest.MonkeyPatch.context() as environment:
        for name in SECRET_VARIABLES:
            environment.setenv(name, SECRET)
        project.snakemake()
    return project


@pytest.fixture(scope="session")
def one_thread():
    """TensorFlow with the thread the defaults ask for; it can be set once in a process."""
    nengodl.load(threads=1)
