"""`python -m tidefall.serving.bench`: the load generator's command line."""

import sys

from tidefall.serving.bench.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
