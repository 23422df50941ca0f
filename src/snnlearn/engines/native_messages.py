"""Keep what native libraries say when they start from the terminal.

TensorFlow logs before its logging is set up, and no variable silences that: which kernels there
are, and that there is no GPU.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

#: The file descriptor of the standard error, to which native code writes.
STDERR = 2

#: Lines in Abseil's format, as in ``I0000 00:00:1.2 3 port.cc:153] …``: information and warnings,
#: and errors about a GPU that there is not.
UNASKED = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog\(\)"
    rb"|[IW]\d{4} [\d:.]+ +\d+ \S+:\d+\] "
    rb"|E\d{4} [\d:.]+ +\d+ cuda_\w+\.cc:\d+\] "
)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold back the standard error, and write only what is asked for when the context is left.

    With an exception, everything is written. So it is where ``TF_CPP_MIN_LOG_LEVEL`` is 0.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0":
        yield
        return
    sys.stderr.flush()
    terminal = os.dup(STDERR)
    failed = True
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), STDERR)
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(terminal, STDERR)
            os.close(terminal)
            said.seek(0)
            for line in said:
                if failed or not UNASKED.match(line):
                    os.write(STDERR, line)
