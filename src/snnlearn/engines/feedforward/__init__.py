"""Run and train a feed-forward spiking network compiled, with NengoDL's spikes and gradients.

NengoDL runs a network operator by operator. For a chain of linear layers and LIF neurons the
same arithmetic is a few functions, which XLA compiles. :mod:`chain` reads the chain from the
network that NengoDL has built, and refuses what it cannot represent exactly; :mod:`evaluation`
shows it inputs over time, and :mod:`training` changes its parameters.
"""
