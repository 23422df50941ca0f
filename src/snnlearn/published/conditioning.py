"""What was published about `conditioning`."""

from snnlearn.published import Claim, Slip

_UR_PLOT = "Ezra Tsur, chapter 13: plot of US and UR"

_CR_PLOT = "Ezra Tsur, chapter 13: plot of CS and CR"

_STEWART = (
    "Stewart, learning2-conditioning.py: “After learning, the CR should start to respond "
    "before the corresponding UR”"
)

_DELTA_RULE = "Rescorla and Wagner 1972 (not at hand): each pairing brings the response nearer"

_EXPECTED = "an expectation of this project: neither the chapter nor its sources say so"

_CONTROL = "controls-conditioning"

_NO_LEARNING = f"{_CONTROL}/no-learning"

PAIRS = (1, 2, 3)

#: Those with a trial before the gate opens.
PAIRS_BEFORE = (1, 2)

CLAIMS = (
    *(
        Claim(
            f"us-{k}-evokes-ur-{k}",
            f"US {k} evokes UR {k}",
            _UR_PLOT,
            f"ur_peak_{k}",
            predicted=1,
            low=0.9,
            high=1.1,
            because="a tenth of the US, which the ensemble is to represent",
            family="responses",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"cs-{k}-evokes-cr-{k}",
            f"the CS of pair {k} evokes CR {k} before its US comes, and not so without learning",
            _CR_PLOT,
            f"cr_rise_{k}",
            control=_NO_LEARNING,
            low=0.1,
            because="a tenth of a UR",
            family="responses",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"no-learning-no-cr-{k}",
            f"without learning, the CS of pair {k} evokes nothing",
            "the same network without learning",
            f"cr_rise_{k}",
            study=_CONTROL,
            cell="no-learning",
            predicted=0,
            low=-0.02,
            high=0.02,
            because="the first decoders are zeros, and stay so; a fiftieth of a UR is noise",
            kind="identity",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"before-learning-no-cr-{k}",
            f"before learning, the stimuli of pair {k} evoke no CR",
            "the same networks before the gate opens",
            f"cr_before_{k}",
            predicted=0,
            low=-0.02,
            high=0.02,
            because="the first decoders are zeros, and a gate that is closed keeps them so; a "
            "fiftieth of a UR is noise. Pair 3 has no trial before learning",
            kind="control",
            family="before learning",
        )
        for k in PAIRS_BEFORE
    ),
    *(
        Claim(
            f"cr-{k}-begins-before-ur-{k}",
            f"CR {k} begins before UR {k}, after learning",
            _STEWART,
            f"cr_onset_{k}",
            high=0,
            because="a CR that never comes counts as if it came at the end of the trial",
            family="timing",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"cr-{k}-as-strong-as-ur-{k}",
            f"CR {k} becomes as strong as UR {k}",
            f"{_EXPECTED}; PES lowers the network's error, UR - CR",
            f"cr_peak_{k}",
            over=f"ur_peak_{k}",
            predicted=1,
            low=0.8,
            high=1.25,
            scale="log",
            because="a fifth of the UR may be missing, or of the CR",
            kind="expectation",
            family="strength",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"cs-{k}-evokes-own-cr",
            f"the CS of pair {k} evokes its own CR more than any other",
            _CR_PLOT,
            f"cr_peak_{k}",
            minus=f"crosstalk_{k}",
            low=0,
            because="the CR is that of the US which followed",
            family="strength",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"shuffled-pairs-no-own-cr-{k}",
            f"where other USs follow, the CS of pair {k} evokes another CR more than its own",
            "the same network and stimuli, and each CS with the USs of the others",
            f"cr_peak_{k}",
            minus=f"crosstalk_{k}",
            study=_CONTROL,
            cell="shuffled-pairs",
            high=-0.02,
            because="it is the pairing that is learned; a fiftieth of a UR",
            kind="control",
            family="shuffled",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"no-learning-no-cr-{k}-comes",
            f"without learning, most networks have no trial in which CR {k} leaves its noise",
            "the same network without learning",
            f"cr_missing_{k}",
            study=_CONTROL,
            cell="no-learning",
            case=1,
            low=0.5,
            because="most networks are more than half; one counts if no test trial has it",
            kind="control",
            family="missing",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"cr-{k}-comes",
            f"CR {k} comes in all trials after learning, in most networks",
            _CR_PLOT,
            f"cr_missing_{k}",
            case=0,
            low=0.5,
            because="most networks are more than half; one counts if no test trial lacks it",
            family="timing",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"cr-{k}-grows-with-trials",
            f"CR {k} is stronger in the second trial of learning than in the first",
            _DELTA_RULE,
            f"cr_acquisition_{k}",
            low=0,
            because="the first pairing has taught something",
            family="acquisition",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"cr-{k}-silent-without-cs",
            f"CR {k} is silent before its CS comes, beside what that evokes",
            _EXPECTED,
            f"cr_tonic_{k}",
            over=f"cr_peak_{k}",
            predicted=0,
            low=-0.2,
            high=0.2,
            because="a fifth of what the CS evokes",
            kind="expectation",
            family="tonic",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"closed-gate-keeps-cr-{k}",
            f"the closed gate keeps CR {k} as it is",
            "PES: without an error no decoder changes",
            f"cr_change_{k}",
            predicted=0,
            low=-0.03,
            high=0.03,
            because="no error is left, and spikes fall at other times; a CR that never came is not "
            "kept",
            kind="identity",
        )
        for k in PAIRS
    ),
    *(
        Claim(
            f"cr-3-as-well-as-cr-{k}",
            f"CR 3 is learned as well as CR {k}",
            _EXPECTED,
            "cr_peak_3",
            over=f"cr_peak_{k}",
            predicted=1,
            low=0.8,
            high=1.25,
            scale="log",
            because="a fifth of either; pair 3 has no trial before the gate opens, and two, as the "
            "others have, while it is open",
            kind="expectation",
            family="strength",
        )
        for k in (1, 2)
    ),
)

SLIPS = (
    Slip(
        "stimulus_names",
        "stimuli",
        "The chapter's legends call the dimensions of the CS vector “CS #1” to “CS #3”, as if they "
        "were the stimuli of the three pairs, though most of these have several dimensions. Here "
        "they are called dimensions.",
        ("cs_named_right",),
    ),
    Slip(
        "errors_shown",
        "first",
        "The chapter's plot of the error shows one of its three dimensions. Here all are shown.",
        ("error_shown",),
    ),
    Slip(
        "",
        None,
        "The chapter gives no seed to the network, which is another one each time that the same "
        "script is run. Here it has one.",
        tuple(f"cr_peak_{k}" for k in PAIRS),
        unseeded=True,
        by_fidelity=False,
    ),
)
