from snnlearn import experiments as experiments
from snnlearn.engines.simulator.simulate import Simulated as Simulated
from snnlearn.engines.simulator.simulate import simulate as simulate

__version__: str
