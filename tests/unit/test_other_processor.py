"""The verdict of the default run on processors of two kinds, each kept as it was made there."""

from pathlib import Path

import pandas as pd

KEPT = Path(__file__).parents[1] / "baseline"

#: Where registers are wider, sums are added in another order: what is measured differs by less than
#: this share of the width of its interval, and bounds of the interval by less than that share.
SHARE = 1e-6


def test_the_verdict_of_avx512_is_that_of_avx2():
    avx2, avx512 = (
        pd.read_csv(KEPT / file).set_index("name") for file in ("verdict.csv", "verdict-avx512.csv")
    )
    assert list(avx512.index) == list(avx2.index)
    assert avx512["verdict"].to_dict() == avx2["verdict"].to_dict()
    assert avx512["n"].equals(avx2["n"])
    width = (avx2["ci_high"] - avx2["ci_low"]).fillna(0)
    for column in ("measured", "ci_low", "ci_high"):
        apart = (avx512[column] - avx2[column]).abs()
        assert avx512[column].isna().equals(avx2[column].isna())
        assert (apart.fillna(0) <= SHARE * width + 1e-12).all(), column
    # They are of two processors, and not copies of one file.
    assert not avx512["measured"].equals(avx2["measured"])
