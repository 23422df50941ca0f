"""Files that somebody made to crash, to hang, or to take all memory: none does."""

import gzip
import io
import json
import math
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnlearn.data import datasets, npz
from snnlearn.data.errors import DatasetError
from snnlearn.data.files import read_text
from snnlearn.data.idx import IDX_FILES, read_idx
from snnlearn.data.npz import NpzError, read_npz
from snnlearn.data.origin import beside
from snnlearn.mnist import parameter_files
from snnlearn.mnist.network import parameter_shapes
from snnlearn.mnist.parameter_files import ParameterFileError

#: Every reader of a file from elsewhere, and its own error.
READERS: dict[str, tuple[Callable[[Path], object], type[Exception]]] = {
    "arrays": (read_npz, NpzError),
    "images": (datasets.read, DatasetError),
    "IDX": (read_idx, DatasetError),
    "parameters": (parameter_files.read, ParameterFileError),
}
EACH_READER = pytest.mark.parametrize(("read", "error"), READERS.values(), ids=READERS)


def member(shape: str, descr: str = "'|u1'", version: int = 1) -> bytes:
    """An array that is only claimed: its header, and 64 zeros."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + bytes(64)


def archive(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as content:
        for name, written in members.items():
            content.writestr(name, written)
    return path


# What is no file


@EACH_READER
def test_a_pipe_is_not_waited_for(tmp_path, read, error):
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(error, match=r"pipe\.npz.*is no file, but a folder, a pipe or a device"):
        read(tmp_path / "pipe.npz")


@EACH_READER
def test_a_device_without_end_is_not_read(read, error):
    with pytest.raises(error, match="is no file, but a folder, a pipe or a device"):
        read(Path("/dev/zero"))


@EACH_READER
def test_a_folder_is_no_file(tmp_path, read, error):
    with pytest.raises(error, match="folder"):
        read(tmp_path)


@EACH_READER
def test_a_link_to_itself_is_refused(tmp_path, read, error):
    (tmp_path / "link.npz").symlink_to(tmp_path / "link.npz")
    with pytest.raises((error, OSError), match=r"link\.npz"):
        read(tmp_path / "link.npz")


def test_writing_replaces_a_link_and_not_what_it_points_to(tmp_path, images):
    (tmp_path / "theirs").write_text("theirs")
    for name in ("images.npz", ".images.npz.partial"):
        (tmp_path / name).symlink_to(tmp_path / "theirs")
    datasets.write(tmp_path / "images.npz", images)
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert not (tmp_path / "images.npz").is_symlink()


def test_a_member_is_read_and_never_put_anywhere(tmp_path):
    (tmp_path / "in").mkdir()
    content = io.BytesIO()
    np.save(content, np.arange(3))
    path = archive(tmp_path / "in" / "a.npz", {"../../out.npy": content.getvalue()})
    np.testing.assert_array_equal(read_npz(path)["../../out"], np.arange(3))
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["a.npz", "in"]


# Beside parameters


@pytest.mark.parametrize(
    "put",
    [
        os.mkfifo,
        os.mkdir,
        lambda path: path.write_bytes(b"\xff\xfe"),
        lambda path: path.write_text("[" * 10**6),
        lambda path: path.write_text("9" * 10**4),
        lambda path: path.write_text('"' + "x" * 10**7 + '"'),
        lambda path: path.write_text(json.dumps({"origin": ["trained"]})),
        lambda path: path.symlink_to(path),
        lambda path: path.symlink_to("/dev/zero"),
    ],
    ids=["pipe", "folder", "no text", "nested", "number", "long", "other", "loop", "endless"],
)
def test_what_stands_beside_parameters_is_not_ours(tmp_path, put):
    put(beside(tmp_path / "a.npz"))
    assert parameter_files.known_provenance(tmp_path / "a.npz") is None


def test_no_more_of_a_text_is_read_than_it_may_have(tmp_path):
    (tmp_path / "text").write_text("four")
    assert read_text(tmp_path / "text", largest=4) == "four"
    with pytest.raises(ValueError, match="more than 3 bytes"):
        read_text(tmp_path / "text", largest=3)


# What claims more than there is, or is more than it seems


CLAIMS = {
    "petabytes": member("(1000000, 1000000, 1000)"),
    "more than 64 bits": member("(99999999999, 99999999999)"),
    "negative": member("(-1, 28, 28)"),
    "no numbers": member("('a',)"),
    "gigabytes": member("(4, 1000000000)"),
    "items of no size": member("(1000000000000,)", "'|V0'"),
    "an object": member("(8,)", "'|O'"),
    "code": member("(__import__('os').mkdir('/tmp/sprung'),)"),
    "a header of gigabytes": b"\x93NUMPY\x02\x00" + b"\xff\xff\xff\xff" + bytes(64),
    "nested": member("(" * 3000 + ")" * 3000),
    "another version": b"\x93NUMPY\x09\x00" + bytes(64),
}


@pytest.mark.parametrize("claimed", CLAIMS.values(), ids=CLAIMS)
def test_an_array_that_claims_what_is_not_there_is_refused(tmp_path, claimed):
    names = [*datasets.ARRAYS, *(f"arr_{i}" for i in range(len(parameter_shapes())))]
    path = archive(tmp_path / "a.npz", {f"{name}.npy": claimed for name in names})
    with pytest.raises(DatasetError, match=r"a\.npz"):
        datasets.read(path)
    with pytest.raises(ParameterFileError, match=r"a\.npz"):
        parameter_files.read(path)


def test_what_unpacks_to_too_much_is_not_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.zeros(1000, np.uint8), b=np.zeros(1000, np.uint8))
    assert list(read_npz(path, largest=2400)) == ["a", "b"]
    monkeypatch.setattr(np, "load", None)  # nothing is unpacked before
    with pytest.raises(NpzError, match="unpacks to 2256 bytes, and at most 2000 are read"):
        read_npz(path, largest=2000)


def test_parameters_may_unpack_to_less(tmp_path, monkeypatch):
    assert parameter_files.LARGEST < npz.LARGEST
    np.savez_compressed(tmp_path / "a.npz", np.zeros(1000, np.uint8))
    monkeypatch.setattr(parameter_files, "LARGEST", 1000)
    with pytest.raises(ParameterFileError, match="at most 1000 are read"):
        parameter_files.read(tmp_path / "a.npz")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_a_block_at_once_is_refused(tmp_path, method):
    path = archive(tmp_path / "a.npz", {"a.npy": member("(64,)")}, method)
    with pytest.raises(NpzError, match=r"a\.npy is compressed in a way that NumPy does not"):
        read_npz(path)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much memory was taken")
def test_a_bomb_that_hides_its_size_takes_no_memory(tmp_path):
    """Zeros of 100 MB that are said to be a hundred bytes, read in a process of its own."""
    path = archive(tmp_path / "a.npz", {"a.npy": member("(100000000,)") + bytes(10**8)})
    with zipfile.ZipFile(path) as known:
        size = struct.pack("<I", known.infolist()[0].file_size)
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<I", 100)))
    code = (
        "import re, sys; from pathlib import Path; from snnlearn.data.npz import *\n"
        "def most(): return int(re.search(r'VmHWM:\\s+(\\d+)', "
        "Path('/proc/self/status').read_text())[1])\n"
        "before = most()\n"
        "try: read_npz(Path(sys.argv[1]))\n"
        "except NpzError: print(most() - before)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, timeout=120
    )
    assert finished.returncode == 0, finished.stderr
    assert int(finished.stdout) < 50_000  # kilobytes


# Files that are made up by rules, and damaged


DRAWN = settings(max_examples=1000 if "ALL_FAULTS" in os.environ else 100)

#: What arrays are called, have for numbers, and are shaped like: nearly what is looked for.
NAMES = [*datasets.ARRAYS, *(f"arr_{i}" for i in range(10)), "", "../a", "ä"]
KINDS = ["u1", "i1", "<i8", ">f4", "f8", "c8", "?", "U3", "S2", "M8[s]", "V3", [("a", "f4")]]
SHAPES = [
    *((), (0,), (1,), (4,), (4, 1), (4, 10), (4, 784), (4, 28, 28), (4, 28, 28, 1)),
    *((4, 3, 28, 28), (0, 28, 28), (28, 28, 4), *parameter_shapes().values()),
]


@st.composite
def arrays(draw):
    """An array of the same few bytes again and again."""
    kind, shape = np.dtype(draw(st.sampled_from(KINDS))), draw(st.sampled_from(SHAPES))
    if kind.kind == "U":
        return np.full(shape, "7")
    size = math.prod(shape) * kind.itemsize
    some = draw(st.binary(min_size=24, max_size=24))
    return np.frombuffer((some * (size // 24 + 1))[:size], kind).reshape(shape)


#: A few bytes altered, cut out, or put twice: where, how many, and what stands there then.
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1), st.integers(1, 8), st.binary(max_size=8) | st.none()), max_size=3
)


def damaged(content: bytes, damage: list[tuple[float, int, bytes | None]]) -> bytes:
    for share, length, between in damage:
        at = int(share * len(content))
        there = content[at : at + length] * 2 if between is None else between
        content = content[:at] + there + content[at + length :]
    return content


@pytest.mark.filterwarnings("ignore")
@DRAWN
@given(
    members=st.dictionaries(st.sampled_from(NAMES), arrays(), max_size=11),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    damage=DAMAGE,
)
def test_no_archive_raises_anything_but_the_readers_error(tmp_path, members, method, damage):
    path, content = tmp_path / "a.npz", io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as made:
        for name, array in members.items():
            with made.open(f"{name}.npy", "w") as written:
                np.save(written, array)
    path.write_bytes(damaged(content.getvalue(), damage))
    for read, error in READERS.values():
        try:
            read(path)
        except error as raised:
            assert "a.npz" in str(raised)


#: Sizes of an axis, as an IDX file's header has them.
SIZES = st.sampled_from([0, 1, 4, 28, 2**16, 2**31, 2**32 - 1])


@DRAWN
@given(
    dimensions=st.sampled_from([0, 1, 2, 3, 4, 255]),
    sizes=st.lists(SIZES, min_size=4, max_size=4),
    kind=st.sampled_from([8, 13]),
    length=st.sampled_from([0, 1, 4, 3136]),
    packed=st.booleans(),
    damage=DAMAGE,
)
def test_no_idx_file_raises_anything_but_the_readers_error(
    tmp_path, dimensions, sizes, kind, length, packed, damage
):
    shape = sizes[: min(dimensions, 4)]
    start = struct.pack(f">4B{len(shape)}I", 0, 0, kind, dimensions, *shape)
    content = start + bytes(range(256)) * (length // 256) + bytes(length % 256)
    if packed:
        content = gzip.compress(content)
    for file in IDX_FILES.values():
        (tmp_path / file).write_bytes(damaged(content, damage))
        try:
            read_idx(tmp_path / file)
        except DatasetError as raised:
            assert file in str(raised)
    with suppress(DatasetError):
        datasets.read(tmp_path)
