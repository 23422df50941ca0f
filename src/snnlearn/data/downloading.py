"""Fetch a file over HTTP, patiently but not for ever."""

import logging
from pathlib import Path
from time import monotonic
from typing import Any

import pooch
import requests
import tenacity
import urllib3

from snnlearn.data.files import replacing

logger = logging.getLogger(__name__)

#: How often an address is tried, how long between tries, and how long one may hang, seconds.
ATTEMPTS = 3
WAIT = tenacity.wait_exponential(multiplier=1, max=10)
TIMEOUT = 30.0

#: Bytes per second that must come on average, after so many seconds: else it would take hours.
LEAST_RATE, GRACE = 2000, 30.0

#: Bytes that are read at once.
BLOCK = 65536

#: Server answers that another try can change.
TRANSIENT_STATUS = {408, 425, 429, 500, 502, 503, 504}


class DownloadError(OSError):
    """A file that could not be fetched, with its address and the reason."""


def _worth_another_try(error: BaseException) -> bool:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return error.response.status_code in TRANSIENT_STATUS
    return isinstance(error, requests.RequestException)


def _fetch(url: str, target: str, _: Any) -> None:
    """Write what an address gives into a file; give up if it drips."""
    started, received = monotonic(), 0
    answer = requests.get(url, stream=True, timeout=TIMEOUT)
    with answer as response, Path(target).open("wb") as file:
        response.raise_for_status()
        try:
            # As much as has come: to wait for a whole block would be to wait for ever.
            while block := response.raw.read1(BLOCK, decode_content=True):
                file.write(block)
                received += len(block)
                elapsed = monotonic() - started
                if elapsed > GRACE and received < LEAST_RATE * elapsed:
                    raise requests.Timeout(
                        f"{received} bytes came in {elapsed:.0f} s, fewer than {LEAST_RATE} in each"
                    )
        except urllib3.exceptions.HTTPError as error:
            raise requests.ConnectionError(str(error)) from error


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
        If the address is not reachable, refuses, or breaks off every time.
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
            retrying(
                pooch.retrieve,
                url,
                known_hash=None,
                fname=partial.name,
                path=partial.parent,
                downloader=_fetch,
            )
    except (requests.RequestException, ValueError) as error:
        raise DownloadError(f"{url} could not be downloaded: {error}") from error
