"""What was published about `mnist`."""

from snnlearn.published import Claim

#: Accuracies that the chapter printed, before and after training, at the end of the presentation.
PUBLISHED = {"before": 0.0934, "after": 0.9870}

#: A claim about MNIST cannot be tested on the digits that stand in for it.
_EXCUSED = (("trained/uci-digits", "MNIST unavailable"),)

_LOADED = ("pretrained/mnist", "downloaded/mnist")

_TRAINED = ("trained/mnist",)

_ANY = (*_LOADED, *_TRAINED)

_CHAPTER = "Ezra Tsur, chapter 13"

_OVER_TIME = "Hunsberger and Eliasmith 2015: error over presentation time"

_HALF_A_PERCENT = (
    "half a percent covers what different trainings of this network differ by "
    "(0.9870 and 0.9874 were printed by versions of NengoDL's example)"
)

CLAIMS = (
    Claim(
        "chance-before-training",
        "before training, accuracy is at chance level (0.0934 was printed)",
        _CHAPTER,
        "accuracy_before",
        published=PUBLISHED["before"],
        low=0.08,
        high=0.135,
        because="0.0806 to 0.1337 were printed by versions of NengoDL's example; "
        "the initial weights decide",
        variants=_ANY,
        excused=_EXCUSED,
    ),
    Claim(
        "accuracy-loaded",
        "with loaded parameters, accuracy is 0.9870",
        _CHAPTER,
        "accuracy_after",
        published=PUBLISHED["after"],
        low=0.9820,
        high=0.9920,
        because=_HALF_A_PERCENT,
        variants=_LOADED,
        excused=(*_EXCUSED, ("trained/mnist", "the parameters were trained here, not loaded")),
    ),
    Claim(
        "accuracy-trained",
        "with freshly trained parameters, accuracy is 0.9870",
        _CHAPTER,
        "accuracy_after",
        published=PUBLISHED["after"],
        low=0.9820,
        high=0.9920,
        because=_HALF_A_PERCENT,
        variants=_TRAINED,
        excused=(
            *_EXCUSED,
            *((loaded, "nothing was trained here; config/full.yaml does") for loaded in _LOADED),
        ),
    ),
    Claim(
        "training-raises-accuracy",
        "training raises accuracy",
        _CHAPTER,
        "accuracy_after",
        minus="accuracy_before",
        low=0,
        test="inclusion",
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
        test="inclusion",
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
        published=0,
        low=-0.002,
        high=0.002,
        test="inclusion",
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
