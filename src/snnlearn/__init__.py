"""Learning spiking neural networks: a chapter's demonstrations, run again over many seeds."""
