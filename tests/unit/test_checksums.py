"""Results that were damaged, edited, moved or copied since a job has left them."""

import os
import time

import pytest

from snnlearn.data import checksums


@pytest.fixture
def file(tmp_path):
    """A result with its checksum."""
    file = tmp_path / "study" / "metrics.csv"
    file.parent.mkdir()
    file.write_text("value\n1.25\n")
    checksums.record([file])
    return file


def flip(file):
    file.write_text(file.read_text().replace("1.25", "1.26"))


def keep_the_date(change):
    def changed(file):
        before = file.stat()
        change(file)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    return changed


DAMAGE = {
    "flipped digit": flip,
    "truncated": lambda file: file.write_text("value\n"),
    "emptied": lambda file: file.write_text(""),
    "truncated, with its old date": keep_the_date(lambda file: file.write_text("value\n")),
    "another file": lambda file: file.write_text("<html>please log in</html>"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_result_is_named_before_anything_starts(file, tmp_path, damage):
    checksums.check_suspects(tmp_path)
    damage(file)
    for found_by in (lambda: checksums.check([file]), lambda: checksums.check_suspects(tmp_path)):
        with pytest.raises(checksums.DamagedError, match=r"study/metrics\.csv\nRemove them"):
            found_by()


def test_a_flipped_digit_with_its_old_date_is_found_by_who_reads_it(file, tmp_path):
    checksums.check_suspects(tmp_path)
    keep_the_date(flip)(file)
    assert checksums.suspects(tmp_path) == []
    with pytest.raises(checksums.DamagedError):
        checksums.check([file])


def test_a_copy_without_its_dates_is_read_once_and_trusted_then(file, tmp_path):
    checksums.check_suspects(tmp_path)
    later = file.stat().st_mtime_ns + 10**9
    os.utime(file, ns=(later, later))
    assert checksums.suspects(tmp_path) == [file]
    checksums.check_suspects(tmp_path)
    assert checksums.suspects(tmp_path) == []


@pytest.mark.parametrize("seconds", [-3600, 1e-3, 1])
def test_what_bears_another_date_is_read_be_it_older_or_newer(file, tmp_path, seconds):
    """As by a copy that keeps the dates of another run, though its checksum is dated today."""
    checksums.check_suspects(tmp_path)
    date = file.stat().st_mtime_ns + round(seconds * 1e9)
    flip(file)
    os.utime(file, ns=(date, date))
    with pytest.raises(checksums.DamagedError, match=r"study/metrics\.csv"):
        checksums.check_suspects(tmp_path)


def test_dates_in_the_future_are_found(file):
    assert checksums.of_the_future(file.parent) == []
    later = time.time() + 3600
    os.utime(file, (later, later))
    assert checksums.of_the_future(file.parent) == [file]
    file.unlink()
    assert checksums.of_the_future(file.parent) == []


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a pipe", "a folder"])
@pytest.mark.parametrize("of", ["the result", "the checksum"])
def test_what_is_no_file_is_damage_and_not_opened(file, make, of):
    """In the place of a result that had a checksum, or of the checksum."""
    replaced = file if of == "the result" else checksums.place(file)
    replaced.unlink()
    make(replaced)
    with pytest.raises(checksums.DamagedError, match=file.name):
        checksums.check([file])
    with pytest.raises(checksums.DamagedError, match=file.name):
        checksums.check_suspects(file.parent)


def test_what_is_gone_or_has_no_checksum_is_left_to_snakemake(file, tmp_path):
    (tmp_path / "other.csv").write_text("made elsewhere")
    checksums.check([file, tmp_path / "other.csv", tmp_path / "nowhere.csv"])
    file.unlink()
    checksums.check_suspects(tmp_path)
    checksums.forget([file, tmp_path / "other.csv"])
    assert list(tmp_path.rglob(".*")) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00\x00"])
def test_a_damaged_checksum_vouches_for_nothing(file, tmp_path, text):
    checksums.place(file).write_text(text)
    with pytest.raises(checksums.DamagedError):
        checksums.check_suspects(tmp_path)
