"""Fetch a file over HTTP, patiently but not for ever."""

import logging
import threading
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import requests
import tenacity
import urllib3

from snnlearn.data.files import replacing
from snnlearn.settings.addresses import is_open

logger = logging.getLogger(__name__)

#: How often an address is tried, how long between tries, and how long one may hang, seconds.
ATTEMPTS = 3
WAIT = tenacity.wait_exponential(multiplier=1, max=10)
TIMEOUT = 30.0

#: Bytes per second that must come on average, after so many seconds: else it would take hours.
LEAST_RATE, GRACE = 2000, 30.0

#: Bytes that are read at once, and at most.
BLOCK, LARGEST = 65536, 10**9

#: Server answers that another try can change.
TRANSIENT_STATUS = {408, 425, 429, 500, 502, 503, 504}


class DownloadError(OSError):
    """A file that could not be fetched, with its address and the reason."""


def _worth_another_try(error: BaseException) -> bool:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return error.response.status_code in TRANSIENT_STATUS
    broken = (requests.ConnectionError, requests.Timeout)
    return isinstance(error, broken) and not isinstance(error, requests.exceptions.SSLError)


class _HereAlone(requests.adapters.HTTPAdapter):
    """Uses http on this machine alone: a server elsewhere may send us on to such an address."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        if is_open(urlsplit(str(request.url))):
            raise requests.exceptions.InvalidSchema(f"{request.url} is http of another machine")
        return super().send(request, *args, **kwargs)


class _Transfer(threading.Thread):
    """Fetches an address into an open file, and is left behind if it hangs.

    A server can drip wherever it likes: within a redirection, a header, or the length of a chunk.
    A timeout of the socket sees none of that, so somebody else must look at the clock.
    """

    def __init__(self, url: str, file: BinaryIO) -> None:
        super().__init__(daemon=True)
        self._url, self._file, self._ended = url, file, threading.Event()
        self._received = 0
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._fetch()
        except BaseException as error:
            self._error = error
        finally:
            self._ended.set()

    def _fetch(self) -> None:
        with requests.Session() as session:
            session.mount("http://", _HereAlone())
            self._receive(session)

    def _receive(self, session: requests.Session) -> None:
        with session.get(self._url, stream=True, timeout=TIMEOUT) as response:
            response.raise_for_status()
            # As much as has come: to wait for a whole block would be to wait for ever.
            while block := response.raw.read1(BLOCK, decode_content=True):
                self._received += len(block)
                if self._received > LARGEST:
                    raise ValueError(f"more than {LARGEST} bytes came")
                self._file.write(block)

    def watch(self) -> None:
        """Wait for the end of the transfer, and give it up if too little comes."""
        started = monotonic()
        while not self._ended.wait(timeout=0.1):
            elapsed = monotonic() - started
            if elapsed > GRACE and self._received < LEAST_RATE * elapsed:
                raise requests.Timeout(
                    f"{self._received} bytes came in {elapsed:.0f} s, "
                    f"fewer than {LEAST_RATE} in each"
                )
        if isinstance(self._error, urllib3.exceptions.HTTPError):
            raise requests.ConnectionError(str(self._error)) from self._error
        if self._error is not None:
            raise self._error


def _fetch(url: str, target: Path) -> None:
    """Write what an address gives into a file."""
    with target.open("wb") as file:  # which is closed to a transfer that is left behind
        transfer = _Transfer(url, file)
        transfer.start()
        transfer.watch()


def download(url: str, path: Path) -> None:
    """Download one file, trying again where that may help.

    Parameters
    ----------
    url : str
        Its address.
    path : pathlib.Path
        Where to put it; an existing file is replaced, but only by a complete one.

    Raises
    ------
    DownloadError
        If the address is not reachable, refuses, breaks off or hangs every time, or gives more
        than :data:`LARGEST` bytes.
    """
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=WAIT,
        retry=tenacity.retry_if_exception(_worth_another_try),
        before_sleep=tenacity.before_sleep_log(logger, logging.INFO),
        reraise=True,
    )
    try:
        with replacing(path) as partial:
            retrying(_fetch, url, partial)
    except (requests.RequestException, ValueError) as error:
        raise DownloadError(f"{url} could not be downloaded: {error}") from error
