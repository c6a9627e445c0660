"""`python -m tidefall.serving.bench`: the load generator's command line."""

import sys

from tidefall.base.command_line import run
from tidefall.serving.bench.cli import main

if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
