import gzip
import struct
import tracemalloc
import zipfile
import zlib
from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.ndimage import gaussian_filter, zoom
from sklearn.datasets import load_digits

from snnlearn.data import datasets, obtaining, orientation
from snnlearn.data.datasets import ARRAYS, Images
from snnlearn.data.errors import DatasetError
from snnlearn.data.hashing import sha256_of_array
from snnlearn.data.idx import IDX_FILES, read_idx
from snnlearn.data.obtaining import DataSettings
from snnlearn.data.origin import read_origin, write_origin

FILE, KEPT = "images.npz", "random.npz"


def idx(array: np.ndarray) -> bytes:
    """The original format of MNIST, uncompressed."""
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def serve_idx(folder, images: Images) -> None:
    folder.mkdir()
    for name, array in images.arrays().items():
        (folder / IDX_FILES[name]).write_bytes(gzip.compress(idx(array)))


def assert_same(found: Images, expected: Images) -> None:
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.fixture
def downloads(tmp_path):
    return tmp_path / "downloads"


@pytest.fixture
def settings(tmp_path, hashes):
    """DataSettings that know the hashes of ``images`` and look in the folders ``a`` and ``b``."""

    def make(*urls: str, sha256: dict[str, str] | None = hashes) -> DataSettings:
        folders = (str(tmp_path / "a"), str(tmp_path / "b"))
        return DataSettings(name="random", file=FILE, search=folders, urls=urls, sha256=sha256)

    return make


# Layout


def test_images_survive_writing_and_reading(tmp_path, images):
    path = tmp_path / "new" / FILE
    datasets.write(path, images)
    found = datasets.read(path)
    assert_same(found, images)
    assert found.x_train.dtype == np.uint8
    assert [file.name for file in path.parent.iterdir()] == [FILE]


def test_failed_writing_leaves_the_old_file(tmp_path, images, monkeypatch):
    datasets.write(tmp_path / FILE, images)

    def fail(file, **_):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="no space"):
        datasets.write(tmp_path / FILE, images)
    assert_same(datasets.read(tmp_path / FILE), images)
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    ("name", "array", "complaint"),
    [
        ("x_train", np.zeros((6, 783)), r"\(n, 28, 28\), found \(6, 783\)"),
        ("x_test", np.zeros((4, 28, 27)), r"\(n, 28, 28\), found \(4, 28, 27\)"),
        ("x_test", np.zeros((4, 28, 28, 2)), r"\(n, 28, 28\)"),
        ("x_train", np.zeros((28, 28, 6)), r"found \(28, 28, 6\): take numpy.moveaxis\(x, -1, 0\)"),
        ("x_train", np.zeros((784, 6)), r"found \(784, 6\): take numpy.moveaxis\(x, -1, 0\)"),
        ("x_test", np.arange(4 * 784 * 3).reshape(4, 28, 28, 3) % 256, r"\(n, 28, 28\)"),
        ("x_train", np.full((6, 28, 28), 256), "numbers from 0 to 255"),
        ("x_test", np.full((4, 28, 28), -1), "numbers from 0 to 255"),
        ("x_test", np.full((4, 28, 28), "0"), "numbers from 0 to 255"),
        ("x_test", np.zeros((0, 28, 28)), "x_test is empty"),
        ("y_train", np.zeros(5, int), r"\(6,\), found \(5,\)"),
        ("y_test", np.zeros((4, 10), int), r"\(4,\), found \(4, 10\)"),
        ("y_train", np.full(6, 10), "integers from 0 to 9"),
        ("y_test", np.full(4, -1), "integers from 0 to 9"),
        ("y_test", np.full(4, 0.5), "integers from 0 to 9"),
        (
            "x_test",
            np.full((4, 28, 28), 1.0),
            "x_test: the largest number is 1, .* multiply by 255",
        ),
        ("x_train", np.zeros((6, 28, 28), bool), "numbers from 0 to 255"),
        ("x_test", np.zeros((4, 28, 28), complex), "numbers from 0 to 255"),
        ("x_test", np.full((4, 28, 28), np.datetime64(1, "D")), "numbers from 0 to 255"),
    ],
)
def test_other_layout_is_refused_by_name(tmp_path, images, name, array, complaint):
    np.savez(tmp_path / FILE, **images.arrays() | {name: array})
    with pytest.raises(DatasetError, match=complaint) as raised:
        datasets.read(tmp_path / FILE)
    assert FILE in str(raised.value)
    assert name in str(raised.value) or len(array) == 0


def one_hot(classes):
    return np.eye(10)[classes]


HARMLESS = {
    "flat": ("x", lambda x: x.reshape(len(x), -1)),
    "channel last": ("x", lambda x: x[..., np.newaxis]),
    "channel first": ("x", lambda x: x[:, np.newaxis]),
    "three equal channels": ("x", lambda x: np.repeat(x[..., np.newaxis], 3, axis=3)),
    "three equal channels first": ("x", lambda x: np.repeat(x[:, np.newaxis], 3, axis=1)),
    "floats": ("x", lambda x: x.astype(float)),
    "long integers": ("x", lambda x: x.astype(np.int64)),
    "classes in a column": ("y", lambda y: y[:, np.newaxis]),
    "one-hot classes": ("y", one_hot),
    "classes as floats": ("y", lambda y: y.astype(np.float32)),
}


@pytest.mark.parametrize(("of", "arrange"), HARMLESS.values(), ids=HARMLESS)
def test_another_arrangement_of_the_same_numbers_is_taken(tmp_path, images, hashes, of, arrange):
    arrays = images.arrays()
    arrays |= {n: arrange(a) for n, a in arrays.items() if n.startswith(of)}
    np.savez(tmp_path / FILE, **arrays)
    found = datasets.read(tmp_path / FILE)
    assert_same(found, images)
    datasets.verify(found, hashes, FILE)


def test_black_on_white_is_told(tmp_path, images, caplog):
    def with_mean(x, mean):
        return images.arrays() | {"x_test": np.full_like(x, mean)}

    np.savez(tmp_path / FILE, **with_mean(images.x_test, 222))
    datasets.read(tmp_path / FILE)
    assert "x_test is bright for the most part, with a mean of 222 of 255" in caplog.text
    caplog.clear()
    np.savez(tmp_path / FILE, **with_mean(images.x_test, 33))
    datasets.read(tmp_path / FILE)
    assert "x_test" not in caplog.text


@pytest.fixture(scope="module")
def digits():
    """As coarse as what is known of MNIST's digits, with noise, of all classes in turn."""
    rng = np.random.default_rng(0)
    y = np.arange(100, dtype=np.uint8) % 10
    means = np.array([[int(grey) for grey in mean] for mean in orientation.MEANS]).reshape(10, 5, 5)
    shown = np.pad(np.kron(means * 20, np.ones((1, 4, 4), int)), ((0, 0), (4, 4), (4, 4)))[y]
    x = np.clip(shown + rng.normal(0, 40, shown.shape), 0, 255).astype(np.uint8)
    return Images(x, y, x, y)


@pytest.mark.parametrize(
    ("turn", "back"),
    [
        (lambda x: x.transpose(0, 2, 1), "x.transpose(0, 2, 1)"),
        (lambda x: x[:, :, ::-1], "x[:, :, ::-1]"),
        (lambda x: x[:, ::-1], "x[:, ::-1]"),
        (lambda x: x[:, ::-1, ::-1], "x[:, ::-1, ::-1]"),
        (lambda x: np.rot90(x, 1, (1, 2)), "x.transpose(0, 2, 1)[:, :, ::-1]"),
        (lambda x: np.rot90(x, 3, (1, 2)), "x.transpose(0, 2, 1)[:, ::-1]"),
        (
            lambda x: np.rot90(x, 2, (1, 2)).transpose(0, 2, 1),
            "x.transpose(0, 2, 1)[:, ::-1, ::-1]",
        ),
    ],
)
def test_digits_that_do_not_stand_upright_are_told(digits, caplog, turn, back):
    arrays = digits.arrays()
    datasets.tell_orientation(arrays | {"x_test": turn(arrays["x_test"])}, FILE)
    assert (
        f"{FILE}: x_test: these digits look turned or mirrored; upright ones would be {back}"
        in (caplog.text)
    )
    assert "x_train" not in caplog.text
    x = turn(arrays["x_test"])
    np.testing.assert_array_equal(orientation.REMEDIES[back](x), arrays["x_test"])


def test_pictures_that_are_no_digits_are_in_no_orientation():
    """Smooth patches, of which each class has its own."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(10), 6)
    for _ in range(200):
        x = gaussian_filter(rng.normal(size=(10, 28, 28)), (0, 4, 4))[y]
        assert orientation.remedy(x, y) == ""


def test_few_digits_or_one_class_are_in_no_orientation(digits):
    x, y = digits.x_train.transpose(0, 2, 1), digits.y_train
    assert orientation.remedy(x[:50], y[:50])
    assert orientation.remedy(x[:49], y[:49]) == ""
    assert orientation.remedy(x[y == 7], y[y == 7]) == ""
    assert orientation.remedy(np.zeros_like(x), y) == ""


@pytest.mark.mnist
def test_mnist_stands_upright(mnist, caplog):
    images = datasets.read(mnist)
    assert "upright" not in caplog.text
    rng = np.random.default_rng(0)
    for _ in range(300):
        drawn = rng.choice(len(images.x_test), 50, replace=False)
        x, y = images.x_test[drawn], images.y_test[drawn]
        assert orientation.remedy(x, y) == ""
        assert orientation.remedy(x.transpose(0, 2, 1), y) == "x.transpose(0, 2, 1)"


def test_test_images_alone_are_read_where_they_are_enough(tmp_path, images):
    np.savez(tmp_path / FILE, x_test=images.x_test, y_test=images.y_test)
    found = datasets.read_arrays(tmp_path / FILE, ("x_test", "y_test"))
    assert list(found) == ["x_test", "y_test"]
    np.testing.assert_array_equal(found["x_test"], images.x_test)
    with pytest.raises(DatasetError, match=r"lacks the arrays \['x_train', 'y_train'\]"):
        datasets.read(tmp_path / FILE)
    (tmp_path / IDX_FILES["x_test"]).write_bytes(idx(images.x_test))
    found = datasets.read_arrays(tmp_path, ("x_test",))
    np.testing.assert_array_equal(found["x_test"], images.x_test)
    with pytest.raises(DatasetError, match=IDX_FILES["y_test"]):
        datasets.read_arrays(tmp_path, ("x_test", "y_test"))


def test_one_array_alone_is_taken_under_any_name(tmp_path, images):
    np.savez(tmp_path / FILE, images.x_test)
    found = datasets.read_arrays(tmp_path / FILE, ("x_test",))
    np.testing.assert_array_equal(found["x_test"], images.x_test)


def test_no_images_are_refused(tmp_path, images):
    nothing = {"x_train": np.zeros((0, 28, 28)), "y_train": np.zeros(0, int)}
    np.savez(tmp_path / FILE, **images.arrays() | nothing)
    with pytest.raises(DatasetError, match="x_train is empty"):
        datasets.read(tmp_path / FILE)


@pytest.mark.parametrize("missing", ARRAYS)
def test_missing_array_is_named(tmp_path, images, missing):
    arrays = images.arrays()
    del arrays[missing]
    np.savez(tmp_path / FILE, **arrays)
    with pytest.raises(DatasetError, match=rf"lacks the arrays \['{missing}'\]"):
        datasets.read(tmp_path / FILE)


def test_pixels_that_are_no_numbers_are_refused(tmp_path, images):
    x_test = images.x_test.astype(float)
    x_test[0, 0, 0] = np.nan
    np.savez(tmp_path / FILE, **images.arrays() | {"x_test": x_test})
    with pytest.raises(DatasetError, match="x_test must be numbers from 0 to 255"):
        datasets.read(tmp_path / FILE)


def test_archive_of_other_things_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / FILE, "w") as archive:
        for name in ARRAYS:
            archive.writestr(name, "text")
    with pytest.raises(DatasetError):
        datasets.read(tmp_path / FILE)


def test_pickle_is_refused(tmp_path, images):
    np.savez(tmp_path / FILE, **images.arrays() | {"y_test": np.array([0, 1, 2, None])})
    with pytest.raises(DatasetError, match=FILE):
        datasets.read(tmp_path / FILE)


# Verification


def test_true_hashes_are_accepted(images, hashes):
    datasets.verify(images, hashes, "here")


@pytest.mark.parametrize("name", ARRAYS)
def test_one_wrong_bit_is_noticed(images, hashes, name):
    arrays = {key: array.copy() for key, array in images.arrays().items()}
    arrays[name].flat[-1] ^= 1
    with pytest.raises(DatasetError, match=f"over there: {name} has SHA-256") as raised:
        datasets.verify(Images(**arrays), hashes, "over there")
    assert hashes[name] in str(raised.value)
    assert sha256_of_array(arrays[name]) in str(raised.value)


def test_settings_ask_for_all_hashes_or_none(hashes):
    del hashes["y_test"]
    with pytest.raises(ValidationError, match="y_test"):
        DataSettings(sha256=hashes)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "a/b"),
        ("name", ""),
        ("file", ""),
        ("sha256", {"x_train": "abc"}),
        ("sha256", {"x": "0" * 64}),
        ("folder", "resources"),
        ("name", "uci-digits"),
        ("classes", [str(label) for label in range(9)]),
        ("classes", ["a", "a", *map(str, range(8))]),
        ("classes", ["$a", *map(str, range(9))]),
        ("classes", ["a\nb", *map(str, range(9))]),
        ("classes", ["", *map(str, range(9))]),
        ("classes", ["a" * 21, *map(str, range(9))]),
    ],
)
def test_senseless_settings_are_refused(key, value):
    with pytest.raises(ValidationError, match=key):
        DataSettings(**{key: value})


# Where images come from


def test_first_folder_that_has_the_file_wins(tmp_path, settings, images, downloads):
    datasets.write(tmp_path / "b" / FILE, images)
    assert obtaining.obtain(settings(), downloads)[1].source == str(tmp_path / "b" / FILE)
    datasets.write(tmp_path / "a" / FILE, images)
    found, origin = obtaining.obtain(settings(), downloads)
    assert_same(found, images)
    assert origin.source == str(tmp_path / "a" / FILE)
    assert (origin.label, origin.verified, origin.stand_in) == ("random", True, False)
    assert origin.problems == []
    assert not downloads.exists()


def test_home_folder_is_understood(tmp_path, images, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    datasets.write(tmp_path / "a" / FILE, images)
    assert DataSettings(file=FILE, search=("~/a",)).candidates() == [tmp_path / "a" / FILE]


def test_file_in_a_folder_spares_the_download(server, tmp_path, settings, images, downloads):
    datasets.write(server.folder / FILE, images)
    datasets.write(tmp_path / "a" / FILE, images)
    obtaining.obtain(settings(server.url(FILE)), downloads)
    assert server.requests == []


@pytest.mark.parametrize("below", ["", "raw", "MNIST/raw"])
@pytest.mark.parametrize(
    ("name", "pack"),
    [
        (lambda file: file, gzip.compress),
        (lambda file: file.removesuffix(".gz"), bytes),
        (lambda file: file.removesuffix(".gz").replace("-idx", ".idx"), bytes),
    ],
    ids=["as published", "unpacked", "unpacked, with a dot"],
)
def test_the_original_files_in_a_folder_are_found(
    tmp_path, settings, images, hashes, downloads, below, name, pack
):
    folder = tmp_path / "b" / below
    folder.mkdir(parents=True)
    for array, values in images.arrays().items():
        (folder / name(IDX_FILES[array])).write_bytes(pack(idx(values)))
    found, origin = obtaining.obtain(settings(), downloads)
    assert_same(found, images)
    assert (origin.source, origin.verified, origin.sha256) == (str(tmp_path / "b"), True, hashes)
    assert len(settings().files()) == 4
    assert_same(datasets.read(tmp_path / "b"), images)


def test_a_folder_without_them_is_told(tmp_path):
    with pytest.raises(
        DatasetError, match="is a folder, and lacks the original IDX files: train-im"
    ):
        datasets.read(tmp_path)


@pytest.mark.parametrize("kind", ["npz", "idx"])
def test_download_is_verified_and_kept(server, settings, images, hashes, downloads, kind):
    if kind == "npz":
        datasets.write(server.folder / FILE, images)
        url = server.url(FILE)
    else:
        serve_idx(server.folder / "folder", images)
        url = server.url("folder/")
    found, origin = obtaining.obtain(settings(url), downloads)
    assert_same(found, images)
    assert (origin.source, origin.label, origin.sha256) == (url, "random", hashes)
    assert len(server.requests) == (1 if kind == "npz" else 4)

    server.close()
    found, origin = obtaining.obtain(settings(url), downloads)
    assert_same(found, images)
    assert origin.source == str(downloads / KEPT)
    assert origin.problems == []


@pytest.mark.parametrize("damage", ["other images", "cut", "text"])
def test_bad_file_in_a_folder_is_fetched_anew(
    server, tmp_path, settings, images, make_images, downloads, damage
):
    datasets.write(server.folder / FILE, images)
    bad = tmp_path / "a" / FILE
    datasets.write(bad, make_images(seed=1))
    if damage != "other images":
        bad.write_bytes(bad.read_bytes()[:500] if damage == "cut" else b"text")
    before = bad.read_bytes()

    found, origin = obtaining.obtain(settings(server.url(FILE)), downloads)
    assert_same(found, images)
    assert origin.source == server.url(FILE)
    (problem,) = origin.problems
    assert str(bad) in problem
    assert bad.read_bytes() == before

    server.close()
    assert obtaining.obtain(settings(), downloads)[1].source == str(downloads / KEPT)


def test_bad_file_alone_is_never_used(tmp_path, settings, make_images, downloads):
    datasets.write(tmp_path / "a" / FILE, make_images(seed=1))
    with pytest.raises(DatasetError, match="x_train has SHA-256"):
        obtaining.obtain(settings(), downloads)


def test_bad_kept_download_is_replaced(server, settings, images, make_images, downloads):
    datasets.write(server.folder / FILE, images)
    datasets.write(downloads / KEPT, make_images(seed=1))
    found, origin = obtaining.obtain(settings(server.url(FILE)), downloads)
    assert_same(found, images)
    assert str(downloads / KEPT) in origin.problems[0]
    assert_same(datasets.read(downloads / KEPT), images)


def test_broken_transfer_is_refused(server, settings, images, downloads):
    datasets.write(server.folder / FILE, images)
    server.script(FILE, "cut", forever=True)
    with pytest.raises(DatasetError, match="could not be downloaded"):
        obtaining.obtain(settings(server.url(FILE)), downloads)
    assert not (downloads / KEPT).exists()


def test_whole_transfer_of_half_a_file_is_refused(server, settings, images, downloads):
    datasets.write(server.folder / FILE, images)
    half = (server.folder / FILE).read_bytes()[:2000]
    (server.folder / FILE).write_bytes(half)
    with pytest.raises(DatasetError, match="not a whole"):
        obtaining.obtain(settings(server.url(FILE), sha256=None), downloads)
    assert not (downloads / KEPT).exists()


def write_other_images(file, other):
    datasets.write(file, other)


def write_web_page(file, _):
    file.write_text("<html>please log in</html>")


def write_nothing(*_):
    pass


@pytest.mark.parametrize("make_bad", [write_other_images, write_web_page, write_nothing])
def test_second_address_helps(server, settings, images, make_images, downloads, make_bad):
    datasets.write(server.folder / "good.npz", images)
    make_bad(server.folder / "bad.npz", make_images(seed=1))
    urls = server.url("bad.npz"), server.url("good.npz")
    found, origin = obtaining.obtain(settings(*urls), downloads)
    assert_same(found, images)
    assert origin.source == server.url("good.npz")
    assert len(origin.problems) == 1
    assert_same(datasets.read(downloads / KEPT), images)


def test_folder_without_all_files_is_refused(server, settings, images, downloads):
    serve_idx(server.folder / "folder", images)
    (server.folder / "folder" / IDX_FILES["y_test"]).unlink()
    with pytest.raises(DatasetError, match=IDX_FILES["y_test"]):
        obtaining.obtain(settings(server.url("folder/")), downloads)


def test_folder_of_other_images_is_refused(server, settings, make_images, downloads):
    serve_idx(server.folder / "folder", make_images(seed=1))
    with pytest.raises(DatasetError, match="x_train has SHA-256"):
        obtaining.obtain(settings(server.url("folder/")), downloads)


def test_folder_with_swapped_files_is_refused(server, settings, images, downloads):
    serve_idx(server.folder / "folder", images)
    swapped = gzip.compress(idx(images.y_test))
    (server.folder / "folder" / IDX_FILES["x_test"]).write_bytes(swapped)
    with pytest.raises(DatasetError, match="x_test must be"):
        obtaining.obtain(settings(server.url("folder/"), sha256=None), downloads)


def test_damaged_idx_file_does_not_end_the_search(server, settings, images, downloads):
    serve_idx(server.folder / "folder", images)
    file = server.folder / "folder" / IDX_FILES["x_train"]
    content = bytearray(file.read_bytes())
    content[10] = 0xFF  # the first block of compressed data, now of a type that does not exist
    file.write_bytes(content)
    datasets.write(server.folder / FILE, images)
    found, _ = obtaining.obtain(settings(server.url("folder/"), server.url(FILE)), downloads)
    assert_same(found, images)


def test_every_source_is_listed_where_none_helps(
    server, dead_url, tmp_path, settings, make_images, downloads
):
    datasets.write(tmp_path / "a" / FILE, make_images(seed=1))
    datasets.write(downloads / KEPT, make_images(seed=2))
    urls = server.url("missing.npz"), dead_url
    with pytest.raises(DatasetError) as raised:
        obtaining.obtain(settings(*urls), downloads)
    message = str(raised.value)
    folders = str(tmp_path / "a" / FILE), str(tmp_path / "b"), str(downloads / KEPT)
    for source in (*folders, *urls):
        assert source in message
    assert "address (urls)" in message


def test_the_digits_stand_in_where_that_is_asked_for(settings, dead_url, downloads, caplog):
    found, origin = obtaining.obtain(settings(dead_url), downloads, on_unavailable="stand-in")
    assert_same(found, obtaining.stand_in([])[0])
    assert origin.stand_in
    (problem,) = origin.problems
    assert dead_url in problem
    assert "going on with scikit-learn's bundled digits" in caplog.text


def test_nothing_stands_in_for_images_that_are_there(tmp_path, settings, images, downloads):
    datasets.write(tmp_path / "a" / FILE, images)
    found, origin = obtaining.obtain(settings(), downloads, on_unavailable="stand-in")
    assert_same(found, images)
    assert not origin.stand_in


def test_held_out_images_are_tested_with_and_not_trained_on(tmp_path, settings, images, downloads):
    datasets.write(tmp_path / "a" / FILE, images)
    n = len(images.x_train) // 3
    found, origin = obtaining.obtain(replace(settings(), held_out=n), downloads)
    for name in ("x", "y"):
        train = getattr(images, f"{name}_train")
        np.testing.assert_array_equal(getattr(found, f"{name}_train"), train[:-n])
        np.testing.assert_array_equal(getattr(found, f"{name}_test"), train[-n:])
    assert origin.verified
    assert origin.sha256["x_test"] == sha256_of_array(images.x_train[-n:])
    with pytest.raises(
        DatasetError, match=r"held_out \(\d+\) leaves none of the \d+ training images"
    ):
        obtaining.obtain(replace(settings(), held_out=len(images.x_train)), downloads)


def test_what_stands_in_holds_out_no_more_than_a_quarter(settings, dead_url, downloads):
    asked = replace(settings(dead_url), held_out=5000)
    found, origin = obtaining.obtain(asked, downloads, on_unavailable="stand-in")
    digits = obtaining.stand_in([])[0]
    assert origin.stand_in
    assert len(found.x_test) == len(digits.x_train) // 4
    assert len(found.x_train) == len(digits.x_train) - len(found.x_test)


def test_images_without_known_hash_are_marked(tmp_path, settings, images, hashes, downloads):
    datasets.write(tmp_path / "a" / FILE, images)
    _, origin = obtaining.obtain(settings(sha256=None), downloads)
    assert not origin.verified
    assert origin.label == "random-unverified"
    assert origin.sha256 == hashes


def test_origin_survives_writing_and_reading(tmp_path, settings, images, downloads):
    datasets.write(tmp_path / "b" / FILE, images)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / FILE).write_text("text")
    _, origin = obtaining.obtain(settings(), downloads)
    write_origin(tmp_path / "origin.json", origin)
    assert len(origin.problems) == 1
    assert read_origin(tmp_path / "origin.json") == origin


# IDX files


@pytest.mark.parametrize("pack", [gzip.compress, bytes], ids=["gzipped", "plain"])
@pytest.mark.parametrize("shape", [(7,), (5, 28, 28), (0,)])
def test_idx_file_is_read(tmp_path, shape, pack):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    (tmp_path / "file.gz").write_bytes(pack(idx(array)))
    found = read_idx(tmp_path / "file.gz")
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, array)


WHOLE = idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (gzip.compress(WHOLE)[:-9], "not a whole file"),
        (gzip.compress(WHOLE)[:-8] + bytes(8), "not a whole file"),
        (gzip.compress(WHOLE[:-1]), "holds 23 values"),
        (gzip.compress(WHOLE + b"\0"), "holds more values"),
        (gzip.compress(b"\0\0\x08\xff" + bytes(4 * 255)), "255 dimensions"),
        (gzip.compress(b"\0\0\x08\x00\x01"), "0 dimensions"),
        (gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, *[2**32 - 1] * 3)), "claims to hold"),
        (gzip.compress(b"\0\0\x0d" + WHOLE[3:]), "not an IDX file of unsigned bytes"),
        (gzip.compress(b"\0\0\x08"), "not an IDX file"),
        (gzip.compress(b"\0\0\x08\x03\0\0"), "ends within its header"),
        (gzip.compress(b""), "not an IDX file"),
    ],
    ids=[
        *(
            "cut gzip",
            "wrong sum",
            "short",
            "long",
            "many dimensions",
            "no dimensions",
            "petabytes",
        ),
        *("floats", "no sizes", "cut sizes", "empty"),
    ],
)
def test_other_idx_file_is_refused(tmp_path, content, complaint):
    (tmp_path / "file.gz").write_bytes(content)
    with pytest.raises(DatasetError, match=rf"file\.gz.*{complaint}"):
        read_idx(tmp_path / "file.gz")


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(WHOLE)[:10] + b"\xff" + gzip.compress(WHOLE)[11:],
        gzip.compress(WHOLE[:9]),
        gzip.compress(struct.pack(">4B2i", 0, 0, 8, 2, -2, -2) + bytes(4)),
        gzip.compress(struct.pack(">4B4I", 0, 0, 8, 4, *[2**16] * 4)),
    ],
    ids=["damaged gzip", "cut header", "negative sizes", "sizes that overflow"],
)
def test_damaged_idx_file_is_refused(tmp_path, content):
    (tmp_path / "file.gz").write_bytes(content)
    with pytest.raises(DatasetError, match=r"file\.gz"):
        read_idx(tmp_path / "file.gz")


def test_what_a_bomb_unpacks_to_is_not_unpacked(tmp_path):
    """A gigabyte of zeros behind one image."""
    bomb = zlib.compressobj(9, wbits=31)
    header = struct.pack(">4B3I", 0, 0, 8, 3, 1, 28, 28)
    block = bytes(2**20)
    packed = bomb.compress(header) + b"".join(bomb.compress(block) for _ in range(1000))
    (tmp_path / "file.gz").write_bytes(packed + bomb.flush())
    tracemalloc.start()
    with pytest.raises(DatasetError, match="holds more values"):
        read_idx(tmp_path / "file.gz")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**22


# The stand-in


def test_stand_in_looks_like_mnist_but_says_what_it_is(tmp_path):
    images, origin = obtaining.stand_in(["no network"])
    assert images.x_train.shape == (1400, 28, 28)
    assert images.x_test.shape == (397, 28, 28)
    for x, y in ((images.x_train, images.y_train), (images.x_test, images.y_test)):
        assert x.dtype == np.uint8
        assert (x.min(), x.max()) == (0, 255)
        assert set(y) == set(range(10))
    datasets.write(tmp_path / FILE, images)
    assert_same(datasets.read(tmp_path / FILE), images)
    assert origin.stand_in
    assert origin.label == "uci-digits"
    assert origin.problems == ["no network"]
    datasets.verify(images, origin.sha256, origin.source)


def test_stand_in_shows_the_digits_it_is_made_of():
    images, _ = obtaining.stand_in([])
    digits = load_digits()
    x = np.concatenate([images.x_train, images.x_test])
    np.testing.assert_array_equal(np.concatenate([images.y_train, images.y_test]), digits.target)
    back = zoom(x * (16 / 255), (1, 1 / 3.5, 1 / 3.5), order=1, grid_mode=True, mode="nearest")
    # Interpolating there and back blurs: the smallest correlation of an image with its digit is
    # 0.993. With the next digit it is 0.5 on average, with the transposed one 0.05.
    likeness = [
        np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(back, digits.images, strict=True)
    ]
    assert min(likeness) > 0.98
    assert back.mean() == pytest.approx(digits.images.mean(), rel=0.02)


def test_stand_in_is_the_same_every_time():
    assert obtaining.stand_in([])[1].sha256 == obtaining.stand_in([])[1].sha256


# The real MNIST


@pytest.mark.mnist
def test_real_mnist_is_verified(mnist, downloads):
    settings = DataSettings(search=(str(mnist.parent),), urls=())
    images, origin = obtaining.obtain(settings, downloads)
    assert origin.verified
    assert origin.label == "mnist"
    assert len(images.x_train) == 60_000
    assert len(images.x_test) == 10_000
    # The first test image is known to every reader of the examples: a seven.
    assert images.y_test[0] == 7


def test_hashes_that_were_left_from_mnist_are_named():
    with pytest.raises(ValidationError, match=r"hashes of MNIST, not of fashion.*or null"):
        DataSettings(name="fashion", file="fashion.npz")


def test_others_do_not_pass_for_mnist(hashes):
    """What is named mnist is compared with what was published about MNIST."""
    with pytest.raises(ValidationError, match=r"not MNIST: set name to what they are"):
        DataSettings(sha256=hashes)
    assert DataSettings(sha256=None).name == "mnist"


def test_mnist_does_not_pass_for_another_data_set(server, downloads, monkeypatch, images, hashes):
    """A data set of one's own, without hashes, and MNIST's addresses left in place."""
    monkeypatch.setattr(obtaining, "MNIST_SHA256", hashes)
    datasets.write(server.folder / FILE, images)
    mine = DataSettings(name="mine", file=FILE, search=(), urls=(server.url(FILE),), sha256=None)
    with pytest.raises(DatasetError, match="is MNIST, not mine"):
        obtaining.obtain(mine, downloads)
