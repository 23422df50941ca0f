"""What is expected of training with soft and noisy rates, and how its networks spike then."""

from functools import partial

from snnlearn.published import Claim
from snnlearn.published.mnist import EXCUSED

_EXPECTED = "an expectation of this project, from the recipe of Hunsberger and Eliasmith 2015"

_SOFT = "parameters.training.rates.smoothing~0.1"
_NOISY = "parameters.training.rates.noise~10.0"

_claim = partial(Claim, variants=("trained/mnist",), excused=EXCUSED, kind="expectation")

CLAIMS = (
    _claim(
        "soft-is-as-good-as-hard",
        "networks that were trained with a soft threshold answer as well after 30 ms as those that "
        "were trained with a hard one",
        _EXPECTED,
        "accuracy_30ms",
        cell=_SOFT,
        control="base",
        predicted=0,
        low=-0.002,
        high=0.002,
        because="about the binomial deviation of the accuracy on 10,000 images, twice",
    ),
    _claim(
        "little-is-lost-by-spikes",
        "trained with a hard threshold, they answer as well after 30 ms of spikes as with rates",
        _EXPECTED,
        "accuracy_30ms",
        minus="accuracy_by_rates",
        pairs=("gained_30ms", "lost_30ms"),
        cell="base",
        predicted=0,
        low=-0.002,
        high=0.002,
        because="about the binomial deviation of the accuracy on 10,000 images, twice",
    ),
    _claim(
        "noise-helps-early-answers",
        "noise on rates in training makes up for some of what spikes lose against rates in the "
        "first 5 ms",
        _EXPECTED,
        "accuracy_5ms",
        minus="accuracy_by_rates",
        cell=_NOISY,
        control="base",
        low=0,
        because="noise stands for the variability of spikes, which is largest then",
    ),
)
