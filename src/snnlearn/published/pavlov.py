"""What is known of conditioning, and what a delta rule does not show."""

from snnlearn.published import Claim

_KAMIN = "Kamin 1969 (not at hand); Moore and Schmajuk 2008, Scholarpedia 3(5):3542: blocking"

_RESCORLA_WAGNER = "Rescorla and Wagner 1972 (not at hand): stimuli compete for what is unpredicted"

_MILLER = (
    "Miller, Barnet and Grahame 1995 (not at hand): the model of Rescorla and Wagner predicts no {}"
)

_DELTA_RULE = "PES is a delta rule, as the model of Rescorla and Wagner is (Sutton and Barto 1981)"

#: A tenth of what acquisition comes to in the model's units: less is no savings, and no recovery.
_TENTH = 0.05

CLAIMS = (
    Claim(
        "a-cs-is-acquired",
        "after 20 pairings, the CS evokes a response of its own",
        _RESCORLA_WAGNER,
        "cr_acquisition_a",
        low=0.3,
        because="a third of the US",
    ),
    Claim(
        "extinction-unlearns",
        "20 trials without the US leave less than a tenth of the response",
        _RESCORLA_WAGNER,
        "cr_extinction_a",
        over="cr_acquisition_a",
        high=0.1,
        because="a tenth",
    ),
    Claim(
        "a-predicted-us-blocks",
        "after A is trained, X in compound with it is learned less than half as well as after B",
        _KAMIN,
        "cr_blocking_x",
        over="cr_blocking_control_x",
        high=0.5,
        because="half of what the control learns",
    ),
    Claim(
        "stimuli-overshadow-each-other",
        "A trained together with X evokes less than three quarters of A trained alone",
        _RESCORLA_WAGNER,
        "cr_overshadowing_a",
        over="cr_acquisition_a",
        high=0.75,
        because="equally salient stimuli share the response; halfway between a half and all of it",
    ),
    Claim(
        "two-predictors-are-too-many",
        "A and X trained alone, and then together, evoke less than before (overexpectation)",
        _RESCORLA_WAGNER,
        "cr_overexpectation_a",
        over="cr_overexpectation_control_a",
        high=0.8,
        because="a fifth less",
    ),
    Claim(
        "what-announces-nothing-inhibits",
        "X, which tells that the US does not follow A, takes from the response to B (summation)",
        _RESCORLA_WAGNER,
        "cr_inhibition_bx",
        over="cr_inhibition_b",
        high=0.8,
        because="a fifth less",
    ),
    Claim(
        "no-latent-inhibition",
        "a CS that was presented alone before is learned as fast as a new one",
        _MILLER.format("latent inhibition, which animals show"),
        "early_preexposure",
        minus="early_preexposure_control",
        predicted=0,
        low=-_TENTH,
        high=_TENTH,
        because="about a tenth of what is acquired",
    ),
    Claim(
        "no-savings",
        "after extinction, the CS is learned no faster than the first time",
        _MILLER.format("savings, which animals show"),
        "early_reacquisition",
        minus="early_acquisition",
        predicted=0,
        low=-_TENTH,
        high=_TENTH,
        because="about a tenth of what is acquired",
    ),
    Claim(
        "no-spontaneous-recovery",
        "after extinction and a rest, the CS evokes no more than before the rest",
        _MILLER.format("spontaneous recovery, which animals show"),
        "cr_rest_a",
        minus="cr_extinction_a",
        predicted=0,
        low=-_TENTH,
        high=_TENTH,
        because="about a tenth of what is acquired",
    ),
    Claim(
        "the-model-predicts-other-trials",
        "two numbers fitted to acquisition predict the trials of all other designs",
        _DELTA_RULE,
        "rw_explained_trials",
        low=0.9,
        because="nine tenths of the variance; the mean alone would explain none of it",
        kind="expectation",
    ),
    Claim(
        "the-model-predicts-other-tests",
        "two numbers from acquisition predict what stimuli evoke after all other designs",
        _DELTA_RULE,
        "rw_explained_tests",
        low=0.75,
        because="three quarters of the variance: stimuli that share neurons are not in the model",
        kind="expectation",
    ),
)
