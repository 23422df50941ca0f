"""Print a conda environment with the versions of a lock file, for `snakemake --sdm conda`."""

import re
import sys
from pathlib import Path

pins = re.findall(r"^([a-z0-9].*?) \\$", Path(sys.argv[1]).read_text(), re.MULTILINE)
print("# Written by `make lock` from requirements.lock.")
print(
    "channels:\n  - conda-forge\n  - nodefaults\ndependencies:\n  - python=3.11\n  - pip\n  - pip:"
)
for pin in pins:
    print(f'      - "{pin}"')
