"""Run and train a feed-forward spiking network, with NengoDL's spikes and gradients.

A chain of linear layers and LIF neurons (:mod:`chain`) is all that this engine knows:
:mod:`reading` reads one from a network that NengoDL has built, and refuses what it cannot
represent exactly. :mod:`evaluation` shows it inputs over time, a few at once in each
:mod:`presentation`, with the loops of :mod:`events` over populations and of :mod:`sums` over the
layers of :mod:`wires`; TensorFlow is not needed for that. :mod:`training` changes its parameters,
with the functions of :mod:`rates`.
"""
