"""`python -m tidefall.serving`: the model server's command line."""

import sys

from tidefall.base.command_line import run
from tidefall.serving.cli import main

if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
