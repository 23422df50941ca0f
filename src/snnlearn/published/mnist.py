"""What was published about `mnist`."""

from snnlearn.published import Claim

#: Accuracies that the chapter printed, before and after training, at the end of the presentation.
PUBLISHED = {"before": 0.0934, "after": 0.9870}

#: A claim about MNIST cannot be tested on the digits that stand in for it.
_EXCUSED = (("trained/uci-digits", "MNIST unavailable"),)

#: The parameters that come with the pipeline were trained by it; the chapter's are downloaded.
_CHAPTERS = ("downloaded/mnist",)

_OURS = ("pretrained/mnist", "trained/mnist")

_ANY = (*_CHAPTERS, *_OURS)

_CHAPTER = "Ezra Tsur, chapter 13"

_OVER_TIME = "Hunsberger and Eliasmith 2015: error over presentation time"

#: Twice the standard deviation of the accuracy of one network on 10,000 images, where it is 0.987.
_OF_IMAGES = 0.0022

_NOT_MORE = "a difference of 22 images is what chance makes of 10,000 (two binomial deviations)"

CLAIMS = (
    Claim(
        "chance-before-training",
        "before training, a network like these can have the accuracy 0.0934",
        _CHAPTER,
        "accuracy_before",
        published=PUBLISHED["before"],
        test="prediction",
        because="the chapter prints it of one network; the initial weights decide",
        variants=_ANY,
        excused=_EXCUSED,
    ),
    Claim(
        "accuracy-loaded",
        "with the chapter's own parameters, accuracy is 0.9870",
        _CHAPTER,
        "accuracy_after",
        published=PUBLISHED["after"],
        low=PUBLISHED["after"] - _OF_IMAGES,
        high=PUBLISHED["after"] + _OF_IMAGES,
        because=_NOT_MORE,
        variants=_CHAPTERS,
        excused=(
            *_EXCUSED,
            *(
                (ours, "needs the chapter's file: mnist.parameters.mode: download")
                for ours in _OURS
            ),
        ),
    ),
    Claim(
        "accuracy-trained",
        "with parameters that are trained in the chapter's way, accuracy is 0.9870",
        _CHAPTER,
        "accuracy_after",
        published=PUBLISHED["after"],
        low=PUBLISHED["after"] - _OF_IMAGES,
        high=PUBLISHED["after"] + _OF_IMAGES,
        because=_NOT_MORE,
        variants=_OURS,
        excused=(*_EXCUSED, ("downloaded/mnist", "the parameters were trained elsewhere")),
    ),
    Claim(
        "training-raises-accuracy",
        "training raises accuracy",
        _CHAPTER,
        "accuracy_after",
        minus="accuracy_before",
        low=0,
        because="the same network, before and after",
        variants=_ANY,
        excused=_EXCUSED,
    ),
    Claim(
        "accuracy-grows-with-time",
        "accuracy grows with presentation time: at its end it is above that after 10 ms",
        _OVER_TIME,
        "accuracy_after",
        minus="accuracy_after_10ms",
        low=0,
        because="a longer presentation brings more spikes to decide by",
        variants=_ANY,
        excused=_EXCUSED,
    ),
    Claim(
        "accuracy-settles",
        "accuracy settles: at the end of the presentation it is that after 20 ms",
        _OVER_TIME,
        "accuracy_after",
        minus="accuracy_after_20ms",
        predicted=0,
        low=-0.002,
        high=0.002,
        because="a fifth of a percent are 20 of the 10,000 test images",
        variants=_ANY,
        excused=_EXCUSED,
    ),
    *(
        Claim(
            f"another-{slug}",
            f"another network ({whose}) reaches {reached}",
            source,
            "accuracy_after",
            variants=_ANY,
            excused=_EXCUSED,
            kind="context",
            untested="it is about another network, and listed for comparison",
        )
        for slug, whose, reached, source in (
            ("nengodl", "NengoDL, spiking", "0.9841 to 0.9887", "NengoDL white paper"),
            (
                "hunsberger-eliasmith",
                "Hunsberger and Eliasmith, spiking",
                "0.9912",
                "Hunsberger and Eliasmith 2015",
            ),
            (
                "spikingjelly",
                "SpikingJelly, converted",
                "0.9835 to 0.9853",
                "SpikingJelly, ann2snn tutorial",
            ),
            ("lava-dl", "Lava-DL, spiking", "at most 0.9922", "Lava-DL, bootstrap tutorial"),
        )
    ),
)

SLIPS = ()
