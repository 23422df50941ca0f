"""Where compiled functions are kept, and that nothing about it can fail a run."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

#: Says how many functions were taken from what is kept, and how many compiled.
SCRIPT = """
import logging, numpy as np, nengo
logging.basicConfig(level=logging.INFO)
from snnlearn.engines import kernels, lif
voltage, current, spiked = np.zeros(8), np.full(8, 30.0), np.zeros(8, np.uint8)
for _ in range(5):
    neurons = lif.constants(nengo.LIF(), 0.001, np.float64)
    lif.advance(voltage, voltage - 1, current, neurons, spiked)
stats = lif.advance.stats
print(kernels.folder(), sum(stats.cache_hits.values()), spiked.sum())
"""


def run(home: Path, largest_file: int | None = None, **environment: str) -> tuple[str, int, str]:
    """Folder, number of functions read, and what was logged."""

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    inherited = {n: v for n, v in os.environ.items() if n != "NUMBA_CACHE_DIR"}
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=inherited | {"XDG_CACHE_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"} | environment,
        capture_output=True,
        text=True,
        preexec_fn=limit,
    )
    assert ended.returncode == 0, ended.stderr
    folder, hits, spikes = ended.stdout.split()
    assert spikes == "8"
    return folder, int(hits), ended.stderr


def test_code_is_compiled_once(tmp_path):
    folder, hits, _ = run(tmp_path)
    assert Path(folder).parent == tmp_path / "snnlearn"
    assert hits == 0
    assert run(tmp_path)[:2] == (folder, 1)


def test_code_that_nobody_has_used_for_long_is_removed(tmp_path):
    names = ("kernels-00000000000000aa", "kernels-00000000000000bb", "kernels-of-my-own")
    old, recent, another = (tmp_path / "snnlearn" / name for name in names)
    for folder, days in ((old, 31), (recent, 29), (another, 31)):
        folder.mkdir(parents=True)
        (folder / "code.nbi").write_bytes(b"")
        then = time.time() - days * 24 * 3600
        os.utime(folder, (then, then))
    folder, _, _ = run(tmp_path)
    assert not old.exists() and recent.exists() and another.exists()
    os.utime(folder, (then, then))
    assert run(tmp_path)[:2] == (folder, 1)  # it is in use again
    assert time.time() - Path(folder).stat().st_mtime < 3600


def test_a_copy_of_the_project_shares_what_is_compiled(tmp_path):
    """The same code in another place, as in the tests of the workflow."""
    source = Path(__file__).parents[2] / "src"
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", source, copy], check=True)
    folder, _, _ = run(tmp_path, PYTHONPATH=str(source))
    assert run(tmp_path, PYTHONPATH=str(copy))[:2] == (folder, 1)


def test_other_code_is_kept_elsewhere(tmp_path):
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", Path(__file__).parents[2] / "src", copy], check=True)
    before = run(tmp_path, PYTHONPATH=str(copy))
    with (copy / "snnlearn/engines/errors.py").open("a") as file:
        file.write("# other\n")
    after = run(tmp_path, PYTHONPATH=str(copy))
    assert after[0] != before[0]
    assert after[1] == 0


def test_numbas_own_variable_names_the_place(tmp_path):
    folder, _, _ = run(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "there"))
    assert Path(folder).parent == tmp_path / "there"


def test_a_home_that_cannot_be_written_is_no_error(tmp_path):
    home = tmp_path / "a file"
    home.write_text("")
    folder, hits, logged = run(home)
    assert (folder, hits) == ("None", 0)
    assert "are not kept" in logged


def test_no_code_is_loaded_from_where_everybody_may_write(tmp_path):
    kept = Path(run(tmp_path)[0])
    kept.chmod(0o777)
    folder, hits, logged = run(tmp_path)
    assert (folder, hits) == ("None", 0)
    assert f"others may write to {kept}" in logged


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_no_code_of_another_user_is_loaded(tmp_path):
    os.chown(run(tmp_path)[0], 12345, -1)
    assert run(tmp_path)[:2] == ("None", 0)


@pytest.mark.parametrize("damage", [b"", b"damaged"], ids=["empty", "torn"])
@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_damaged_files_are_replaced(tmp_path, kind, damage):
    folder, _, _ = run(tmp_path)
    files = [*Path(folder).glob(f"lif.advance*.{kind}")]
    assert files
    for file in files:
        file.write_bytes(damage)
    _, hits, logged = run(tmp_path)
    assert hits == 0
    assert "cannot be read" in logged
    assert run(tmp_path)[1] == 1


def test_a_full_disk_is_no_error(tmp_path):
    _, hits, logged = run(tmp_path, largest_file=16)
    assert hits == 0
    assert "cannot be kept" in logged
    assert run(tmp_path)[1] == 0
    assert run(tmp_path)[1] == 1
