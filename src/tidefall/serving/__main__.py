"""`python -m tidefall.serving`: the model server's command line."""

import sys

from tidefall.serving.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
