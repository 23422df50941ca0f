"""What was published about `conditioning`."""

import math

from snnlearn.published import Claim, Slip

#: What a US leaves at its end in the probe's low-pass filter, whose time constant of 0.1 s is
#: also the US's length.
FILTERED_US = round(1 - math.exp(-1), 3)

_UR_PLOT = "Ezra Tsur, chapter 13: plot of US and UR"

_CR_PLOT = "Ezra Tsur, chapter 13: plot of CS and CR"

_RULE = "Stewart 2016: the error CR - UR is driven to zero"

CLAIMS = (
    *(
        Claim(
            f"us-{k}-evokes-ur-{k}",
            f"US {k} evokes UR {k}",
            _UR_PLOT,
            f"ur_peak_{k}",
            predicted=FILTERED_US,
            low=0.9 * FILTERED_US,
            high=1.1 * FILTERED_US,
            because="a tenth either side of what the probe's filter leaves of a US of 0.1 s",
        )
        for k in (1, 2, 3)
    ),
    *(
        Claim(
            f"cr-{k}-begins-before-us",
            f"CR {k} begins before its US, after learning",
            _CR_PLOT,
            f"cr_onset_{k}",
            high=0.2,
            because="the US follows the CS by 0.2 s; the probe's filter only delays what is seen",
        )
        for k in (1, 2, 3)
    ),
    *(
        Claim(
            f"cr-{k}-rises-before-us",
            f"CR {k} rises between the onsets of its CS and its US, after learning",
            _CR_PLOT,
            f"cr_rise_{k}",
            low=0,
            because="the CS alone evokes it",
        )
        for k in (1, 2, 3)
    ),
    *(
        Claim(
            f"cr-{k}-as-strong-as-ur",
            f"CR {k} becomes as strong as UR {k}",
            _RULE,
            f"cr_peak_{k}",
            over=f"ur_peak_{k}",
            predicted=1,
            low=0.8,
            high=1.25,
            because="a fifth of the UR may be missing, or of the CR",
        )
        for k in (1, 2, 3)
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
        )
        for k in (1, 2, 3)
    ),
    *(
        Claim(
            f"closed-gate-keeps-cr-{k}",
            f"the closed gate keeps CR {k} as it is",
            "Ezra Tsur, chapter 13: plots of CS and CR, and of the gate",
            f"cr_change_{k}",
            predicted=0,
            low=-0.03,
            high=0.03,
            because="a twentieth of a UR",
        )
        for k in (1, 2, 3)
    ),
    *(
        Claim(
            f"cr-3-as-well-as-cr-{k}",
            f"CR 3 is learned as well as CR {k}",
            _CR_PLOT,
            "cr_peak_3",
            minus=f"cr_peak_{k}",
            predicted=0,
            low=-0.06,
            high=0.06,
            because="a tenth of a UR; pair 3 has no trial before the gate opens, and two like the "
            "others while it is open",
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
)
