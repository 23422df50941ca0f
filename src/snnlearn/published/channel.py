"""What was published about `channel`."""

from snnlearn.published import Claim, Slip

_PLOT = "Ezra Tsur, chapter 13: plots of the channel"

_MEASURED = "the chapter's network, measured with 30 seeds before this pipeline was written"

_ONE_DEVIATION = "one standard deviation between those networks is allowed either side"

_LMS = "Widrow and Stearns 1985, Adaptive Signal Processing (not at hand): modes of LMS"

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
        _PLOT,
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
    ),
    Claim(
        "learning-makes-the-fall",
        "learning, and not the input, makes the error fall",
        _PLOT,
        "rmse_last_second",
        control="controls-channel/no-learning",
        high=0,
        because="the same network and input without learning",
    ),
    *(
        Claim(
            f"{compared}-{second}-second",
            f"{what} has a root mean square of {level} in the {second} second",
            _MEASURED,
            metric,
            predicted=level,
            low=level - deviation,
            high=level + deviation,
            because=_ONE_DEVIATION,
            kind="regression",
        )
        for compared, what, second, metric, level, deviation in (
            ("post-pre", "post - pre", "first", "rmse_first_second", 0.434, 0.056),
            ("post-pre", "post - pre", "last", "rmse_last_second", 0.064, 0.014),
            ("post-stimulus", "post - stimulus", "last", "rmse_stimulus_last_second", 0.19, 0.05),
        )
    ),
    Claim(
        "error-falls-to-a-seventh",
        "the error falls to a seventh",
        _MEASURED,
        "rmse_last_second",
        over="rmse_first_second",
        predicted=0.147,
        low=0.102,
        high=0.206,
        because="0.064 / 0.434, and what one standard deviation of both allows",
        kind="regression",
        scale="log",
    ),
    Claim(
        "decays-slower-than-constant-input-rate",
        "with a changing input the error decays more slowly than at η·mean(a²)",
        _LMS,
        "decay_rate",
        over="decay_rate_theory",
        high=1,
        scale="log",
        because="what is learned at one input is not learned at all others",
    ),
    Claim(
        "decays-at-noise-free-rate",
        "the error decays at the rate of noise-free PES with the input presented",
        "Voelker 2015: the recursion of PES, step by step",
        "decay_rate",
        over="decay_rate_noise_free",
        predicted=1,
        low=1 / 1.1,
        high=1.1,
        scale="log",
        because="a rate that is off by less than a tenth cannot be told from the plotted curve",
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
        "post-does-not-drift",
        "post is neither above nor below pre in the last second, over all networks",
        _PLOT,
        "bias_last_second",
        predicted=0,
        low=-0.02,
        high=0.02,
        because="a third of the error that is left in the last second",
    ),
    Claim(
        "learned-stays-for-new-input",
        "without the error, and with an input that is new, post follows pre as well as before",
        "Nengo example learn-communication-channel: its plots after learning was switched off",
        "rmse_generalization",
        minus="rmse_last_second",
        predicted=0,
        low=-0.02,
        high=0.02,
        because="a third of the error that is left in the last second",
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
        unfixed=("network", "stimulus", "stimulus after learning", "initial function"),
    ),
    Slip(
        "generalization_duration",
        0.0,
        "The chapter stops when learning stops, and leaves out what Nengo's example shows next: "
        "that without the error, and with an input that is new, post still follows pre. Here 5 s "
        "of it follow.",
        ("rmse_generalization",),
    ),
)
