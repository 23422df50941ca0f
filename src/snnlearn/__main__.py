"""The command line of the package: ``python -m snnlearn``, installed as ``snnlearn``."""

from snnlearn.commands.main import main

if __name__ == "__main__":
    main()
