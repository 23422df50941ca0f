"""What is kept back, and what is shown where something fails."""

import os
import subprocess
import sys
import warnings

import pytest

from snnlearn.jobs.quiet import OF_NENGODL, STANDARD_ERROR, quietly


def write(text: str) -> None:
    """Write to standard error as compiled code does, and as a process that is started."""
    os.write(STANDARD_ERROR, text.encode())
    subprocess.run(
        [sys.executable, "-c", "import sys; sys.stderr.write('of a child ')"], check=True
    )


def test_what_compiled_code_and_children_write_is_kept_back(capfd):
    with quietly():
        write("of compiled code ")
        print("a result")
    os.write(STANDARD_ERROR, b"afterwards")
    shown = capfd.readouterr()
    assert shown.err == "afterwards"
    assert shown.out == "a result\n"


def test_it_is_shown_where_something_fails(capfd):
    with pytest.raises(ValueError, match="no such layer"), quietly():
        write("why: ")
        raise ValueError("no such layer")
    os.write(STANDARD_ERROR, b"afterwards")
    assert capfd.readouterr().err == "why: of a child afterwards"


@pytest.mark.parametrize("beginning", OF_NENGODL)
def test_only_warnings_that_tell_nothing_are_left_out(beginning):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with quietly():
            warnings.warn(f"{beginning} (4.1.0).", stacklevel=1)
            warnings.warn("the weights are not finite", stacklevel=1)
        warnings.warn(beginning, stacklevel=1)
    assert [str(warning.message) for warning in caught] == ["the weights are not finite", beginning]
