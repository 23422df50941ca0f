"""What was published about `channel`."""

from snnlearn.published import Claim, Slip

_PLOT = "Ezra Tsur, chapter 13: plots of the channel"

_VOELKER = "Voelker 2015: error of PES for a constant input"

_MEASURED = "the chapter's network, measured with 30 seeds before this pipeline was written"

_ONE_DEVIATION = "one standard deviation between those networks is allowed either side"

CLAIMS = (
    Claim(
        "error-falls",
        "the error of post - pre falls from the first to the last second",
        _PLOT,
        "rmse_first_second",
        minus="rmse_last_second",
        low=0,
        test="inclusion",
        because="learning lowers the error of each network",
    ),
    *(
        Claim(
            f"{compared}-{second}-second",
            f"{what} has a root mean square of {level} in the {second} second",
            _MEASURED,
            metric,
            published=level,
            low=level - deviation,
            high=level + deviation,
            because=_ONE_DEVIATION,
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
        published=0.147,
        low=0.102,
        high=0.206,
        test="inclusion",
        because="0.064 / 0.434, and what one standard deviation of both allows",
    ),
    Claim(
        "decays-at-constant-input-rate",
        "the error decays at the rate η·mean(a²)",
        _VOELKER,
        "decay_rate",
        over="decay_rate_theory",
        published=1,
        low=0.9,
        high=1.1,
        test="inclusion",
        because="a tenth is what noise and synapses may change",
    ),
    Claim(
        "decays-slower-than-constant-input-rate",
        "with a changing input the error decays more slowly than at η·mean(a²)",
        "Voelker 2015: slower modes lag the rate for a constant input",
        "decay_rate",
        minus="decay_rate_theory",
        high=0,
        test="inclusion",
        because="what is learned at one input is not learned at all others",
    ),
    Claim(
        "decays-at-noise-free-rate",
        "the error decays at the rate of noise-free PES with the input presented",
        "Voelker 2015: the recursion of PES, step by step",
        "decay_rate",
        over="decay_rate_noise_free",
        published=1,
        low=0.9,
        high=1.1,
        test="inclusion",
        because="a tenth is what noise and synapses may change",
    ),
    Claim(
        "post-follows-pre",
        "post goes up and down with pre in the last second",
        _PLOT,
        "correlation_last_second",
        low=0.95,
        test="inclusion",
        because="pre then explains nine tenths of the variance of post",
    ),
    Claim(
        "post-as-large-as-pre",
        "post is as large as pre in the last second",
        _PLOT,
        "gain_last_second",
        published=1,
        low=0.9,
        high=1.1,
        test="inclusion",
        because="a tenth cannot be seen in the plot",
    ),
    Claim(
        "post-does-not-drift",
        "post does not drift away from pre, over all networks",
        _PLOT,
        "bias_last_second",
        published=0,
        low=-0.02,
        high=0.02,
        test="inclusion",
        because="a third of the error that is left in the last second",
    ),
    Claim(
        "learned-stays-for-new-input",
        "what was learned stays without the error, and holds for an input that is new",
        "Nengo example learn-communication-channel: its plots after learning was switched off",
        "rmse_generalization",
        minus="rmse_last_second",
        published=0,
        low=-0.02,
        high=0.02,
        test="inclusion",
        because="a third of the error that is left in the last second",
    ),
)

SLIPS = (
    Slip(
        "initial_function",
        "unseeded",
        "The chapter draws the function that the connection starts from with NumPy's global "
        "generator: the network's seed does not fix it, and the same script gives another run each "
        "time. Here it has a seed.",
        ("rmse_first_second", "rmse_last_second"),
        unfixed=("initial function",),
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
