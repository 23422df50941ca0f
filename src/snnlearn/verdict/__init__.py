"""Hold what was measured against what was published.

The claims stand beside their experiments, as ``CLAIMS``. ``python -m snnlearn.verdict`` shows
the verdict on a terminal and compares it with an earlier one.
"""

from snnlearn.verdict.judging import COLUMNS, NOT_REPRODUCED, NOT_TESTED, REPRODUCED, judge

__all__ = ["COLUMNS", "NOT_REPRODUCED", "NOT_TESTED", "REPRODUCED", "judge"]
