"""What was published about `pes_dynamics`, and what follows from it."""

from snnlearn.published import Claim

_VOELKER = "Voelker 2015, abstract: PES solved for constant inputs and no noise"

_LAG = "follows from Voelker and Eliasmith 2017, abstract: PES with a synapse in the loop"

_LOOP = (
    "the same linear loop with three synapses and with time steps, whose roots are computed here; "
    "no source states the numbers"
)

_WITHIN_A_STEP = (
    "learning rates are a factor of 1.41 apart: a quarter more or less is still between two of them"
)

CLAIMS = (
    Claim(
        "error-decays-at-theory-with-lag",
        "at a constant input, the error decays at η·mean(a²), made faster by the synapses and "
        "steps of the loop",
        f"{_VOELKER}; {_LAG}",
        "rate_over_lagged",
        predicted=1,
        low=1 / 1.05,
        high=1.05,
        scale="log",
        because="half of the tenth by which lag makes the rates of this grid larger, by theory",
    ),
    Claim(
        "lag-makes-it-faster",
        "at a constant input, the error decays faster than at η·mean(a²)",
        _LAG,
        "rate_over_plain",
        low=1,
        scale="log",
        because="what is fed back late is made up for faster",
    ),
    Claim(
        "rate-does-not-depend-on-size",
        "the rate at which the error decays, over η·mean(a²), does not depend on the number of "
        "neurons",
        f"{_VOELKER}; Nengo divides η by the number of neurons",
        "rate_exponent",
        predicted=0,
        low=-0.05,
        high=0.05,
        because="from 30 to 240 neurons it then changes by less than a ninth; without the division "
        "it would be 8 times as large, an exponent of 1",
    ),
    Claim(
        "overshoots-only-beyond-boundary",
        "an overshoot is seen only at rates at which the loop has one by theory",
        _LOOP,
        "overshoot_onset",
        low=1,
        scale="log",
        because="it grows from nothing there, and is seen once it exceeds the noise",
        kind="expectation",
    ),
    Claim(
        "overshoot-seen-where-theory-has-it",
        "an overshoot is seen from the rate on at which that of theory exceeds the noise",
        _LOOP,
        "overshoot_onset_visible",
        predicted=1,
        low=1 / 1.25,
        high=1.25,
        scale="log",
        because=_WITHIN_A_STEP,
        kind="expectation",
    ),
    Claim(
        "oscillates-beyond-boundary",
        "on average over inputs, oscillations that do not end set in at the rate at which the loop "
        "loses its stability",
        _LOOP,
        "oscillation_onset",
        predicted=1,
        low=1 / 1.25,
        high=1.25,
        scale="log",
        because=_WITHIN_A_STEP,
        kind="expectation",
    ),
    Claim(
        "oscillates-at-frequency-of-loop",
        "oscillations set in with the frequency at which the loop loses its stability",
        _LOOP,
        "oscillation_frequency",
        predicted=1,
        low=1 / 1.1,
        high=1.1,
        scale="log",
        because="a tenth is less than the steps of the simulation make of it, 9 to 44 %",
        kind="expectation",
    ),
    Claim(
        "noise-falls-with-root-of-size",
        "what is left of the error falls with the square root of the number of neurons",
        "the noise of independent neurons (Eliasmith and Anderson 2003, Neural Engineering, "
        "chapter 2; not at hand)",
        "noise_exponent",
        predicted=-0.5,
        low=-0.6,
        high=-0.4,
        because="between the exponents of 0, no averaging, and of -1, the static distortion of "
        "decoders, it tells which one is near",
        kind="expectation",
    ),
)
