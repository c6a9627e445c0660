"""`python -m tidefall.saved_model_cli`: looks at, runs and compiles saved models."""

import sys

from tidefall.saved_model_cli.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
