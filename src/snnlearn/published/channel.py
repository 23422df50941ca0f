"""What was published about `channel`."""

from snnlearn.published import Claim, Slip

_PLOT = "Ezra Tsur, chapter 13: plots of the channel"

_EXAMPLE = "Nengo's example learn-communication-channel: it computes little before it learns"

_ASKED = "Nengo's example learn-communication-channel, which asks it: has it generalized?"

_CONTROL = "the same network and input without learning"

_MEASURED = "the chapter's network with 100 seeds, measured before this pipeline had as many"

_VOELKER = "Voelker 2015, abstract: PES solved for constant inputs and no noise"

_LAG = "follows from Voelker and Eliasmith 2017, abstract: PES with a synapse in the loop"

_RULE = "the rule itself (Bekolay, Kolbeck and Eliasmith 2013), iterated with rates for spikes"

_LMS = (
    "LMS theory: Widrow and Stearns 1985 (not at hand); Jones, First order convergence analysis of "
    "the LMS algorithm, cnx m11830"
)

_A_TENTH = "a rate that is off by less than a tenth cannot be told from the plotted curve"

_A_TENTH_OF_AN_ERROR = "an error that is a tenth larger or smaller cannot be told from the plot"

_UNSEEN = "a hundredth of the range from -1 to 1 cannot be seen in the plot"

CLAIMS = (
    Claim(
        "error-falls",
        "the error of post - pre falls from the first to the last second",
        _PLOT,
        "rmse_first_second",
        minus="rmse_last_second",
        low=0,
        because="learning lowers the error of each network",
    ),
    Claim(
        "no-learning-no-fall",
        "without learning the error does not fall",
        _EXAMPLE,
        "rmse_last_second",
        over="rmse_first_second",
        study="controls-channel",
        cell="no-learning",
        predicted=1,
        low=1 / 1.25,
        high=1.25,
        scale="log",
        because="the input of both seconds differs, but the error stays of its size: a fall to a "
        "seventh is far outside",
        kind="control",
    ),
    Claim(
        "learning-makes-the-fall",
        "learning, and not the input, makes the error fall",
        _CONTROL,
        "rmse_last_second",
        control="controls-channel/no-learning",
        high=0,
        because="the input alone may be another one in the last second",
        kind="control",
    ),
    *(
        Claim(
            f"{compared}-{second}-second",
            f"{what} has a root mean square of {level} in the {second} second",
            _MEASURED,
            metric,
            predicted=level,
            low=0.9 * level,
            high=1.1 * level,
            because=_A_TENTH_OF_AN_ERROR,
            kind="regression",
        )
        for compared, what, second, metric, level in (
            ("post-pre", "post - pre", "first", "rmse_first_second", 0.447),
            ("post-pre", "post - pre", "last", "rmse_last_second", 0.065),
            ("post-stimulus", "post - stimulus", "last", "rmse_stimulus_last_second", 0.192),
        )
    ),
    Claim(
        "post-stimulus-but-for-the-delay",
        "post follows the stimulus as well as pre, but for the delay of synapses and probe",
        _PLOT,
        "rmse_undelayed_last_second",
        minus="rmse_last_second",
        predicted=0,
        low=-0.02,
        high=0.02,
        because=_UNSEEN,
    ),
    *(
        Claim(
            f"constant-input-{n}-neurons",
            f"at a constant input, the error of {n} neurons decays at η·mean(a²), made faster by "
            "the synapses of the loop",
            f"{_VOELKER}; {_LAG}",
            "decay_rate",
            over="decay_rate_lagged",
            study="controls-channel",
            cell=f"constant-input-{n}-neurons",
            predicted=1,
            low=1 / 1.03,
            high=1.03,
            scale="log",
            family="constant input",
            because="half of the 6 % by which the synapses make the rate larger",
        )
        for n in (30, 60, 120)
    ),
    Claim(
        "synapses-make-it-faster",
        "at a constant input, synapses in the loop make the error decay faster than η·mean(a²)",
        _LAG,
        "decay_rate",
        over="decay_rate_theory",
        study="controls-channel",
        cell="constant-input-60-neurons",
        low=1,
        scale="log",
        family="constant input",
        because="what is fed back late is made up for faster",
    ),
    *(
        Claim(
            f"{mode}-slower-than-at-constant-input",
            f"with a changing input the error's {mode} decays more slowly than at η·mean(a²)",
            _LMS,
            f"{mode}_decay_rate",
            over="decay_rate_theory",
            high=1,
            scale="log",
            family="modes",
            because="what is learned at one input is not learned at all others",
        )
        for mode in ("offset", "slope")
    ),
    Claim(
        "slope-decays-slower-than-offset",
        "with a changing input the error's slope decays more slowly than its offset",
        _LMS,
        "slope_decay_rate",
        over="offset_decay_rate",
        high=1,
        scale="log",
        family="modes",
        because="neurons have the larger sum of rates in common: the offset is the faster mode",
    ),
    *(
        Claim(
            f"{mode}-decays-at-noise-free-rate",
            f"the error's {mode} decays as fast as in noise-free PES with the input presented",
            _RULE,
            f"{mode}_decay_rate",
            over=f"{mode}_decay_rate_noise_free",
            predicted=1,
            low=1 / 1.1,
            high=1.1,
            scale="log",
            family="modes",
            because=_A_TENTH,
        )
        for mode in ("offset", "slope")
    ),
    *(
        Claim(
            f"{mode}-decays-at-lms-rate",
            f"the error's {mode} decays at the rate of LMS's {which} mode",
            _LMS,
            f"{mode}_decay_rate",
            over=f"{mode}_decay_rate_theory",
            predicted=1,
            low=1 / 1.25,
            high=1.25,
            scale="log",
            family="modes",
            because="the theory is of averages over long inputs, and this one is of a few seconds",
        )
        for mode, which in (("offset", "fastest"), ("slope", "second"))
    ),
    Claim(
        "post-follows-pre",
        "post goes up and down with pre in the last second",
        _PLOT,
        "correlation_last_second",
        low=0.95,
        because="pre then explains nine tenths of the variance of post",
    ),
    Claim(
        "post-as-large-as-pre",
        "post is as large as pre in the last second",
        _PLOT,
        "gain_last_second",
        predicted=1,
        low=0.9,
        high=1.1,
        because="a tenth cannot be seen in the plot",
    ),
    Claim(
        "learned-as-well-as-offline",
        "what is learned is decoded with as little error as decoders that are solved for offline",
        "Nengo's example learn-communication-channel: PES minimizes “the same error online as the "
        "decoder solvers minimize with offline optimization”",
        "function_error",
        over="function_error_offline",
        predicted=1,
        low=1 / 1.25,
        high=1.25,
        scale="log",
        because="a quarter more or less of a hundredth cannot be seen",
    ),
    Claim(
        "post-is-not-off",
        "post is not off pre in the last second, above or below",
        _PLOT,
        "bias_size_last_second",
        high=0.02,
        because=_UNSEEN,
    ),
    Claim(
        "post-does-not-drift",
        "post does not drift away from pre in the second half of learning, up or down",
        _PLOT,
        "drift_size",
        high=0.004,
        because="in five seconds it would come to 0.02, which cannot be seen in the plot",
    ),
    *(
        Claim(
            f"learning-is-what-{what}",
            f"it is what was learned that makes post follow pre {when}, without the error",
            _CONTROL,
            metric,
            control="controls-channel/no-learning",
            high=0,
            because="without learning there is nothing to stay",
            kind="control",
        )
        for what, when, metric in (
            ("stays", "with the old input", "rmse_retention"),
            ("holds", "with a new input", "rmse_generalization"),
        )
    ),
    Claim(
        "learned-stays",
        "without the error, and with the old input again, post follows pre as well as before",
        _ASKED,
        "retention_change",
        predicted=0,
        low=-0.02,
        high=0.02,
        because=f"{_UNSEEN}; where the error did not fall, nothing was learned that could stay",
    ),
    Claim(
        "learned-holds-for-new-input",
        "without the error, post follows pre as well with a new input as with the old one",
        _ASKED,
        "generalization_change",
        predicted=0,
        low=-0.02,
        high=0.02,
        because=f"{_UNSEEN}; where the error did not fall, nothing was learned that could stay",
    ),
)

SLIPS = (
    Slip(
        "initial_function",
        "unseeded",
        "The chapter gives no seed, neither to the network (the string that it passes is a label) "
        "nor to NumPy's global generator, which draws the function that the connection starts "
        "from: network, input and function are others each time that the same script is run. Here "
        "all have seeds.",
        ("rmse_first_second", "rmse_last_second"),
        unseeded=True,
    ),
    Slip(
        "generalization_duration",
        0.0,
        "The chapter stops when learning stops, and leaves out what Nengo's example asks next: "
        "whether post still follows pre without the error, with a new input. Here 5 s of it "
        "follow, and 5 s of the old one.",
        ("rmse_generalization",),
    ),
)
