import pytest

from snnlearn.data.files import replacing


def test_a_file_is_made_with_its_folder(tmp_path):
    path = tmp_path / "some" / "file.txt"
    with replacing(path) as partial:
        assert partial.parent == path.parent
        partial.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_alone(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(error), replacing(path) as partial:
        partial.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_run_left_is_not_in_the_way(tmp_path):
    path = tmp_path / "file.txt"
    with replacing(path) as partial:
        left = partial
        partial.write_text("new")
    left.write_text("half")
    with replacing(path) as partial:
        assert not partial.exists()
        partial.write_text("newer")
    assert path.read_text() == "newer"
