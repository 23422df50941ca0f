import hashlib

import numpy as np

from snnlearn.data.hashing import sha256_of_array, sha256_of_data, sha256_of_file, sha256_of_files

# SHA-256 of "abc": FIPS 180-2, appendix B.1.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_known_value_for_file_and_array(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert sha256_of_file(tmp_path / "file") == ABC
    assert sha256_of_array(np.frombuffer(b"abc", np.uint8)) == ABC


def test_array_is_hashed_in_c_order():
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    expected = hashlib.sha256(bytes(range(12))).hexdigest()
    assert sha256_of_array(np.asfortranarray(array)) == expected
    assert sha256_of_array(array[:, ::-1]) != expected


def test_order_of_keys_does_not_matter_but_all_else_does():
    data = {"a": 1, "b": {"c": [1, 2], "d": 0.1}}
    assert sha256_of_data({"b": {"d": 0.1, "c": [1, 2]}, "a": 1}) == sha256_of_data(data)
    others = [
        {"a": 1, "b": {"c": [2, 1], "d": 0.1}},
        {"a": 1, "b": {"c": [1, 2], "d": 0.2}},
        {"a": 1, "c": {"c": [1, 2], "d": 0.1}},
        {"a": 1},
    ]
    assert len({sha256_of_data(other) for other in [data, *others]}) == 5


def test_files_are_hashed_by_content_and_order(tmp_path):
    for name, content in (("a", b"1"), ("b", b"2"), ("copy", b"1")):
        (tmp_path / name).write_bytes(content)
    a, b, copy = (tmp_path / name for name in ("a", "b", "copy"))
    assert sha256_of_files([a, b]) == sha256_of_files([copy, b])
    assert sha256_of_files([a, b]) != sha256_of_files([b, a])
    assert sha256_of_files([a, b]) != sha256_of_files([a])
