"""What the environment gives to log in with: it is used, and written nowhere."""

import base64
import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from tiny_project import SECRET, SECRET_VARIABLES

from snnlearn.data import datasets


def commands() -> set[bytes]:
    """The command lines of all processes."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            found.add((process / "cmdline").read_bytes())
    return found


def test_no_run_writes_secrets_of_the_environment(finished):
    assert finished.holding("accuracy_after"), "nothing is found at all"
    assert finished.holding(SECRET) == set()


@pytest.mark.skipif(not Path("/proc/self/cmdline").is_file(), reason="there is no /proc")
def test_a_password_reaches_its_server_and_neither_files_nor_the_list_of_processes(
    project, images, hashes, server, tmp_path, monkeypatch
):
    datasets.write(server.folder / "little.npz", images)
    server.script("little.npz", 503, 503)
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in SECRET_VARIABLES:
        monkeypatch.setenv(name, SECRET)
    data = {"name": "little", "file": "little.npz", "search": [], "sha256": hashes}
    project.configure(yaml.safe_dump({"data": data | {"urls": [server.url("little.npz")]}}))

    seen, ended = set(), threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            seen.update(commands())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        done = project.snakemake("results/data/little.npz")
    finally:
        ended.set()
        watching.join()
    sent = base64.b64encode(f"me:{SECRET}".encode()).decode()
    assert server.authorized == [f"Basic {sent}"] * 3
    for text in (SECRET, sent):
        assert project.holding(text) == set()
        assert text not in done.stdout + done.stderr
        assert not any(text.encode() in command for command in seen)
    folder = os.fsencode(project.folder)
    assert any(b"dataset.py" in command and folder in command for command in seen)
