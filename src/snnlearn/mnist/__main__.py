"""Train, evaluate and use the spiking classifier: ``python -m snnlearn.mnist``."""

from snnlearn.commands.classifier import main

if __name__ == "__main__":
    main()
