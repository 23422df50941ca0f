"""The spiking classifier as a library; ``python -m snnlearn.mnist`` is its command line."""
