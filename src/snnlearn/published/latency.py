"""What is expected of answers that are given early."""

from snnlearn.published import Claim
from snnlearn.published.mnist import EXCUSED, ON_MNIST

_EXPECTED = "an expectation of this project: neither the chapter nor its sources say so"

CLAIMS = (
    Claim(
        "answers-settle-in-10-ms",
        "after 10 ms, more than 98 of 100 answers are those that are given after 100 ms",
        _EXPECTED,
        "settled_10ms",
        low=0.98,
        because="as many as are right in the end, about",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="expectation",
    ),
    Claim(
        "spikes-come-to-rates",
        "after 100 ms of spikes, the networks answer as well as their rates do",
        _EXPECTED,
        "accuracy_100ms",
        minus="accuracy_by_rates",
        pairs=("gained_100ms", "lost_100ms"),
        predicted=0,
        low=-0.002,
        high=0.002,
        because="about the binomial deviation of the accuracy on 10,000 images, twice",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="expectation",
    ),
    Claim(
        "early-answers-are-as-good",
        "answers that are given as soon as one is ahead by 0.5 are as good as those after 100 ms",
        _EXPECTED,
        "loss_margin_0p5",
        predicted=0,
        low=-0.002,
        high=0.002,
        because="about the binomial deviation of the accuracy on 10,000 images, twice",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="expectation",
    ),
    Claim(
        "early-answers-take-a-tenth",
        "they take less than 10 ms on average",
        _EXPECTED,
        "time_margin_0p5",
        high=0.01,
        because="a tenth of the time",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="expectation",
    ),
    Claim(
        "spikes-are-cheaper-for-30-ms",
        "for all of the chapter's 30 ms, spikes take less energy than numbers do, if the current "
        "of the image is computed once",
        _EXPECTED,
        "break_even",
        low=0.03,
        because="the chapter's time of presentation",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="expectation",
    ),
    Claim(
        "and-not-with-every-step",
        "they take more before these are over, if it is computed in each step",
        _EXPECTED,
        "break_even_every_step",
        high=0.03,
        because="the chapter's time of presentation",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="expectation",
    ),
)
