"""Linear algebra that adds in the same order everywhere."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import scipy.linalg  # noqa: F401  (loads SciPy's BLAS, beside NumPy's, before they are looked for)
from threadpoolctl import ThreadpoolController


@cache
def _libraries() -> ThreadpoolController:
    """The libraries that are loaded; finding them takes some milliseconds."""
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Within it, BLAS splits no sum between threads, which would change the last bits."""
    limited: AbstractContextManager[Any] = _libraries().limit(limits=1)
    return limited
