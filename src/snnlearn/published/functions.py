"""What is known of learning by least squares, and what is expected of functions of an input."""

from itertools import product

from snnlearn.published import Claim

_RLS = (
    "MathWorks, DSP System Toolbox, Compare RLS and LMS Adaptive Filter Algorithms: faster "
    "convergence and smaller error; PES is LMS"
)

_MODES = "Widrow and Stearns 1985 (not at hand): LMS learns in modes, at eigenvalues of ⟨a aᵀ⟩"

_LMS = (
    "PES is LMS (snnlearn.learning.pes): its recursion, with the rates of the neurons, before the "
    "run"
)

_EXAMPLES = (
    "Nengo, examples learn-communication-channel, -square and -product: what was learned is used "
    "when learning is over; no source states how well it stays"
)

_TENTH = "a tenth: less than what the error differs by between networks"

_FUNCTIONS, _RULES = ("identity", "square", "product"), ("pes", "rls")

CLAIMS = (
    *(
        Claim(
            f"rls-is-nearer-to-offline-{function}",
            f"after the same time, RLS has learned {function} better than PES",
            _RLS,
            f"ratio_{function}_rls_retention",
            over=f"ratio_{function}_pes_retention",
            high=1 / 1.1,
            scale="log",
            because="better by more than the tenth that counts as the same elsewhere here",
        )
        for function in _FUNCTIONS
    ),
    *(
        Claim(
            f"{function}-is-slower-than-identity",
            f"PES learns {function} more slowly than identity",
            _MODES,
            f"lag_{function}_pes",
            over="lag_identity_pes",
            low=1.5,
            scale="log",
            because="half as long again: functions of a higher order have slower modes, how much "
            "slower depends on the neurons",
        )
        for function in _FUNCTIONS[1:]
    ),
    *(
        Claim(
            f"modes-predict-{function}",
            f"the modes of LMS predict nine tenths of how the error of {function} varies over "
            "time with PES, before the run",
            _MODES,
            f"explained_{function}_modes",
            low=0.9,
            because="a tenth is left to noise and synapses, which the theory leaves out",
            kind="expectation",
        )
        for function in _FUNCTIONS
    ),
    *(
        Claim(
            f"recursion-predicts-{function}",
            f"the recursion of LMS predicts nine tenths of how the error of {function} varies "
            "over time with PES, before the run",
            _LMS,
            f"explained_{function}_steps",
            low=0.9,
            because="a tenth is left to noise and synapses, which the theory leaves out",
            kind="expectation",
        )
        for function in _FUNCTIONS
    ),
    *(
        Claim(
            f"{function}-stays-{rule}",
            f"what {rule.upper()} has learned of {function} stays when learning stops: with the "
            "same input, the error is at most a tenth larger",
            _EXAMPLES,
            f"retained_{function}_{rule}",
            high=1.1,
            scale="log",
            because=_TENTH,
            kind="expectation",
        )
        for rule, function in product(_RULES, _FUNCTIONS)
    ),
    *(
        Claim(
            f"{function}-generalizes-{rule}",
            f"what {rule.upper()} has learned of {function} holds for a new input of the same law: "
            "relative to decoders found offline, the error is at most a tenth larger",
            _EXAMPLES,
            f"generalized_{function}_{rule}",
            high=1.1,
            scale="log",
            because=_TENTH,
            kind="expectation",
        )
        for rule, function in product(_RULES, _FUNCTIONS)
    ),
    *(
        Claim(
            f"{function}-fails-beyond-radius-{rule}",
            f"what {rule.upper()} has learned of {function} does not hold beyond the range that "
            "the neurons represent: the error is more than twice that with a new input within it",
            "neurons saturate beyond the radius of their ensemble (Eliasmith and Anderson 2003, "
            "Neural Engineering, not at hand); no source states how much is lost",
            f"nrmse_{function}_{rule}_extrapolation",
            over=f"nrmse_{function}_{rule}_generalization",
            low=2,
            scale="log",
            because="a law that is twice as wrong is not the one that was learned",
            kind="expectation",
        )
        for rule, function in product(_RULES, _FUNCTIONS)
    ),
)
