"""What NengoDL and TensorFlow write beside their results, kept back unless something fails."""

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

#: How warnings of NengoDL begin that tell users of this environment nothing: it is tested with
#: this Nengo here, and needs no GPU.
OF_NENGODL = (
    "This version of NengoDL has not been tested with your Nengo version",
    "No GPU support detected",
)

#: The descriptor of standard error, to which compiled code writes whatever Python's ``sys`` says.
STANDARD_ERROR = 2


@contextmanager
def quietly() -> Iterator[None]:
    """Keep what is written to standard error within the context.

    TensorFlow tells there which processor and which drivers it found, and no variable stops it.

    Yields
    ------
    None
        If the block raises an exception, what was kept is written after all.
    """
    sys.stderr.flush()
    shown = os.dup(STANDARD_ERROR)
    with tempfile.TemporaryFile() as kept, warnings.catch_warnings():
        for beginning in OF_NENGODL:
            warnings.filterwarnings("ignore", beginning)
        os.dup2(kept.fileno(), STANDARD_ERROR)
        try:
            yield
        except BaseException:
            sys.stderr.flush()
            kept.seek(0)
            os.write(shown, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(shown, STANDARD_ERROR)
            os.close(shown)
