import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from snnlearn.data.npz import NpzError, read_npz


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "arrays.npz"
    np.savez_compressed(path, b=np.arange(500).reshape(5, 100), a=np.linspace(0, 1, 7))
    return path


def flipped(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 0x11]) + content[position + 1 :]


def test_arrays_keep_names_order_and_values(archive):
    arrays = read_npz(archive)
    assert list(arrays) == ["b", "a"]
    np.testing.assert_array_equal(arrays["b"], np.arange(500).reshape(5, 100))
    np.testing.assert_array_equal(arrays["a"], np.linspace(0, 1, 7))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_cut_file_is_refused_by_name(archive, share):
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(NpzError, match=r"arrays\.npz"):
        read_npz(archive)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damaged_values_are_noticed(tmp_path, save):
    path = tmp_path / "arrays.npz"
    save(path, a=np.random.default_rng(0).normal(size=300).round(1))
    whole = path.read_bytes()
    end = whole.index(b"PK\x01\x02")  # of the member, where the list of members starts
    for position in range(end // 2, end, 7):
        path.write_bytes(flipped(whole, position))
        with pytest.raises(NpzError, match=r"arrays\.npz"):
            read_npz(path)


def test_no_damaged_byte_raises_anything_else(archive):
    whole = archive.read_bytes()
    escaped = []
    for position in range(len(whole)):
        archive.write_bytes(flipped(whole, position))
        try:
            read_npz(archive)
        except NpzError:
            pass
        except Exception as error:
            escaped.append((position, repr(error)))
    assert escaped == []


def test_member_that_is_no_array_is_refused(archive):
    with zipfile.ZipFile(archive, "a") as content:
        content.writestr("c", "text")
    with pytest.raises(NpzError, match=r"arrays\.npz"):
        read_npz(archive)


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"\x93NUMPY\x01\x00"])
def test_other_kinds_of_file_are_refused(tmp_path, content):
    path = tmp_path / "page.npz"
    path.write_bytes(content)
    with pytest.raises(NpzError, match=r"page\.npz"):
        read_npz(path)


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_pickle_is_refused_and_not_run(tmp_path):
    np.savez(tmp_path / "trap.npz", x=np.array([Trap(tmp_path / "sprung")], dtype=object))
    with pytest.raises(NpzError, match=r"trap\.npz"):
        read_npz(tmp_path / "trap.npz")
    assert not (tmp_path / "sprung").exists()


def test_missing_file_is_another_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_npz(tmp_path / "nowhere.npz")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
        (b"\n<!DOCTYPE html><title>Please log in</title>", "a web page"),
        (b"\x1f\x8b\x08", "a gzip file"),
        (b"\x93NUMPY\x01\x00", "a single array"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"PAR1", "a Parquet file"),
        (b"", "an empty file"),
        (b"something else", "not a zip file"),
    ],
)
def test_what_is_taken_for_an_archive_is_told(tmp_path, content, told):
    (tmp_path / "file.npz").write_bytes(content)
    with pytest.raises(NpzError, match=rf"file\.npz is not a whole \.npz archive .*{told}"):
        read_npz(tmp_path / "file.npz")


def test_a_name_without_its_suffix_is_told(archive):
    with pytest.raises(FileNotFoundError, match=r"no file .*arrays; there is .*arrays\.npz"):
        read_npz(archive.with_suffix(""))
    with pytest.raises(FileNotFoundError, match=r"No such file or directory: .*nothing"):
        read_npz(archive.with_name("nothing"))
