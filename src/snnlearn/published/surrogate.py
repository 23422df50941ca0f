"""What is expected of training through spikes, against training with rates."""

from functools import partial

from snnlearn.published import Claim
from snnlearn.published.mnist import EXCUSED

_EXPECTED = "an expectation of this project: neither the chapter nor its sources say so"

_FASHION = "dataset~fashion-mnist"

_of_mnist = partial(Claim, variants=("trained/mnist",), excused=EXCUSED, kind="expectation")
_of_fashion = partial(
    Claim,
    variants=("trained/fashion-mnist",),
    excused=(("trained/uci-digits", "Fashion-MNIST unavailable"),),
    kind="expectation",
)

CLAIMS = (
    _of_mnist(
        "better-after-5-ms",
        "after 5 ms, networks that were trained through their spikes answer better than those that "
        "saw as many images with rates",
        _EXPECTED,
        "accuracy_5ms",
        cell="spikes",
        control="rates",
        low=0,
        because="their training is about these milliseconds",
    ),
    _of_mnist(
        "better-than-rates-for-longer",
        "and better than those that were trained with rates for as long",
        _EXPECTED,
        "accuracy_5ms",
        cell="spikes",
        control="rates_for_longer",
        low=0,
        because="more training with rates does not tell them what a few spikes are like",
    ),
    _of_mnist(
        "the-same-after-30-ms",
        "after 30 ms it makes no difference",
        _EXPECTED,
        "accuracy_30ms",
        cell="spikes",
        control="rates",
        predicted=0,
        low=-0.002,
        high=0.002,
        because="about the binomial deviation of the accuracy on 10,000 images, twice",
    ),
    _of_fashion(
        "better-on-fashion",
        "of Fashion-MNIST, too, they answer better after 5 ms",
        _EXPECTED,
        "accuracy_5ms",
        cell=f"spikes,{_FASHION}",
        control=f"rates,{_FASHION}",
        low=0,
        because="their training is about these milliseconds",
    ),
    _of_mnist(
        "992-within-30-ms",
        "trained through spikes, more than 99.2 of 100 digits are answered right within 30 ms",
        "the aim of this project",
        "accuracy_30ms",
        cell="spikes",
        low=0.992,
        because="what networks of this size come to with numbers for spikes",
    ),
)
