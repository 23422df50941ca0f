"""What was published about `mnist`."""

import math

from snnlearn.published import Claim, Slip

#: Accuracies that the chapter printed, before and after training, at the end of the presentation.
PUBLISHED = {"before": 0.0934, "after": 0.9870}

#: A claim about MNIST cannot be tested on the digits that stand in for it.
EXCUSED = (("trained/uci-digits", "MNIST unavailable"),)

#: The parameters that come with the pipeline were trained by it; the chapter's are downloaded.
_CHAPTERS = ("downloaded/mnist",)

_OURS = ("pretrained/mnist", "trained/mnist")

#: Whatever the parameters are, if they were not trained on other images.
ON_MNIST = (*_CHAPTERS, *_OURS)

_CHAPTER = (
    "Ezra Tsur, chapter 13: what its last example prints as accuracy before and after training"
)

#: The table "Estimated efficiency" and that of error rates; read in the LaTeX source.
_THESIS = (
    "Hunsberger 2018, Spiking Deep Neural Networks, thesis, Waterloo (uwspace 10012/12819; "
    "read as github.com/hunse/phd, doc/thesis-spike.tex)"
)

_OVER_TIME = f"{_THESIS}: error on MNIST 1.14 % after 60 ms, 0.92 % after 100 and 0.88 % after 200"

_BY_RATES = f"{_THESIS}: error on MNIST 0.84 % with LIF rates and 0.88 % with spikes"

_A_FIFTH = "a fifth of a percent are 20 of the 10,000 test images"

_AT_45_NM = "an addition takes 0.9 pJ and a multiplication 3.7 pJ at 45 nm (Horowitz 2014)"

_UPDATED = f"{_AT_45_NM}, and an update at least one of each"

CLAIMS = (
    Claim(
        "chance-before-training",
        "before training, a network like these can have the accuracy 0.0934",
        _CHAPTER,
        "accuracy_before",
        published=PUBLISHED["before"],
        test="prediction",
        because="the chapter prints it of one network; the initial weights decide",
        variants=ON_MNIST,
        excused=EXCUSED,
    ),
    Claim(
        "accuracy-loaded",
        "with the chapter's own parameters, accuracy is 0.9870",
        _CHAPTER,
        "accuracy_after",
        published=PUBLISHED["after"],
        test="share",
        because="one network was printed, and its accuracy is a share of test images",
        variants=_CHAPTERS,
        excused=(
            *EXCUSED,
            *(
                (ours, "needs the chapter's file: mnist.parameters.mode: download")
                for ours in _OURS
            ),
        ),
    ),
    Claim(
        "accuracy-trained",
        "a network that is trained in the chapter's way can have the accuracy 0.9870",
        _CHAPTER,
        "accuracy_after",
        published=PUBLISHED["after"],
        test="prediction",
        because="the chapter prints it of one network; weights and order of training decide",
        variants=_OURS,
        excused=(*EXCUSED, ("downloaded/mnist", "the parameters were trained elsewhere")),
    ),
    Claim(
        "training-raises-accuracy",
        "training raises accuracy",
        _CHAPTER,
        "accuracy_after",
        minus="accuracy_before",
        low=0,
        because="the same networks, before and after",
        variants=_OURS,
        excused=(*EXCUSED, ("downloaded/mnist", "what its network was before is not known")),
    ),
    Claim(
        "accuracy-grows-with-time",
        "accuracy grows with presentation time: at its end it is above that after 10 ms",
        _OVER_TIME,
        "accuracy_after",
        minus="accuracy_after_10ms",
        pairs=("gained_after_10ms", "lost_after_10ms"),
        low=0,
        because="a longer presentation brings more spikes to decide by",
        variants=ON_MNIST,
        excused=EXCUSED,
    ),
    Claim(
        "accuracy-settles",
        "accuracy settles: at the end of the presentation it is that after 20 ms",
        _OVER_TIME,
        "accuracy_after",
        minus="accuracy_after_20ms",
        pairs=("gained_after_20ms", "lost_after_20ms"),
        predicted=0,
        low=-0.002,
        high=0.002,
        because=_A_FIFTH,
        variants=ON_MNIST,
        excused=EXCUSED,
    ),
    Claim(
        "first-spikes-decide",
        "two steps decide almost all: accuracy after 2 ms is at most 0.01 below that at the end",
        "this project: 0.982 and 0.989 of one network",
        "accuracy_after",
        minus="accuracy_after_2ms",
        pairs=("gained_after_2ms", "lost_after_2ms"),
        predicted=0.006,
        low=0,
        high=0.01,
        because="a hundred of the 10,000 test images",
        kind="regression",
        variants=ON_MNIST,
        excused=EXCUSED,
    ),
    Claim(
        "spikes-cost-no-accuracy",
        "a network that is trained by rates is as accurate with spikes",
        _BY_RATES,
        "accuracy_after",
        minus="accuracy_by_rates",
        pairs=("gained_by_spikes", "lost_by_spikes"),
        predicted=0,
        low=-0.002,
        high=0.002,
        because=_A_FIFTH,
        variants=ON_MNIST,
        excused=EXCUSED,
    ),
    *(
        Claim(
            f"energy-{how.replace('_', '-')}{'-with-updates' if updated else ''}",
            f"a presentation takes {'less' if high == 0 else 'more'} energy than the same layers "
            f"without spikes, if what the image drives into the first is computed {words}"
            + (", updates of neurons included" if updated else ""),
            f"this project: {microjoules} of the shipped network of seed 0, 100 images",
            f"energy_{how}{'_with_updates' if updated else ''}",
            minus=f"energy_without_spikes{'_with_updates' if updated else ''}",
            low=low,
            high=high,
            because=_UPDATED if updated else _AT_45_NM,
            kind="regression",
            family="energy",
            variants=ON_MNIST,
            excused=EXCUSED,
        )
        for how, words, low, high, updated, microjoules in (
            ("once", "once", -math.inf, 0, False, "7.1 and 21.7 µJ"),
            ("once", "once", -math.inf, 0, True, "11.8 and 21.9 µJ"),
            ("every_step", "in every step", 0, math.inf, False, "33.1 and 21.7 µJ"),
            ("every_step", "in every step", 0, math.inf, True, "37.8 and 21.9 µJ"),
        )
    ),
    Claim(
        "another-neuromorphic",
        "another network (Hunsberger, spiking) takes 5.94 to 14.42 times less energy on "
        "neuromorphic hardware than without spikes on traditional hardware",
        f"{_THESIS}; its number for a synaptic event is 0.08 floating-point operations, and for an "
        'update 0.25. Hunsberger and Eliasmith 2016, arXiv:1611.05141, abstract: "many times"',
        "accumulates",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="context",
        untested="it compares two kinds of hardware, and there is neither here",
    ),
    *(
        Claim(
            f"another-{slug}",
            f"another network ({whose}) reaches {reached}",
            source,
            "accuracy_after",
            variants=ON_MNIST,
            excused=EXCUSED,
            kind="context",
            untested="it is about another network, and listed for comparison",
        )
        for slug, whose, reached, source in (
            (
                "nengodl",
                "NengoDL, spiking",
                "0.9841 to 0.9887 (95 % interval)",
                "Rasmussen 2019, arXiv:1805.11144 (its table was not at hand)",
            ),
            (
                "hunsberger-eliasmith",
                "Hunsberger, spiking",
                "0.9912",
                f"{_THESIS}: error 0.88 %. Of the papers before it, abstracts were read: that of "
                "arXiv:1611.05141 has its five data sets, that of 1510.08829 only two",
            ),
            (
                "spikingjelly",
                "SpikingJelly, converted, 50 steps",
                "0.9487 to 0.9844, by how it is scaled",
                "SpikingJelly, tutorial ann2snn",
            ),
            (
                "lava-dl",
                "Lava-DL, spiking, dense",
                "0.9922 in the best of ten tests, and 0.9915 in the last",
                "Lava-DL, tutorial bootstrap",
            ),
        )
    ),
)

SLIPS = (
    Slip(
        "",
        None,
        "The chapter gives a seed to Nengo's network alone: Keras draws the kernels, and the order "
        "of the training images, from generators without one. The network that it looks at before "
        "training, and any that it trains, are others each time that the same script is run. Here "
        "all have seeds.",
        ("accuracy_before", "accuracy_after"),
        unseeded=True,
        again=False,
        by_fidelity=False,
    ),
)
