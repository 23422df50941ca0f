from time import perf_counter

import pytest

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
