"""RO-Crates, validated without a network."""

import io
import zipfile
from pathlib import Path

import requests
import rocrate
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.utils.http import HttpRequester
from urllib3 import HTTPResponse

#: The one document that a crate refers to and a validator reads; it comes with rocrate.
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
SHIPPED = Path(rocrate.__file__).parent / "data/ro-crate.jsonld"


def unpacked(crate: Path, folder: Path) -> Path:
    """The folder that a zip file was unpacked to."""
    with zipfile.ZipFile(crate) as packed:
        packed.extractall(folder)
    return folder


def issues(folder: Path, cache: Path) -> list[str]:
    """What is wrong with the crate in a folder, by all that Workflow Run Crate requires.

    The validator keeps what it has read of the network in a cache, and is told to read nothing
    else; the cache is given the context.
    """
    settings = ValidationSettings(
        rocrate_uri=folder,
        profile_identifier="workflow-run-crate",
        requirement_severity=Severity.REQUIRED,
        cache_path=cache,
        offline=True,
    )
    HttpRequester().session.cache.save_response(_answer(CONTEXT, SHIPPED.read_bytes()))
    result = services.validate(settings)
    assert len(result.executed_checks) > 50
    assert not result.skipped_checks
    return [f"{issue.check.identifier}: {issue.message}" for issue in result.get_issues()]


def _answer(url: str, content: bytes) -> requests.Response:
    """What a server would answer."""
    headers = {"Content-Type": "application/ld+json"}
    response = requests.Response()
    response.status_code, response.url = 200, url
    response.headers.update(headers)
    response.raw = HTTPResponse(io.BytesIO(content), headers, status=200, preload_content=False)
    accepted = {"Accept": "application/ld+json, application/json, */*;q=0.1"}
    response.request = requests.Request("GET", url, headers=accepted).prepare()
    return response
