"""Run the command line with ``python -m reverie``."""

import sys

from .cli.parser import main

if __name__ == "__main__":
    sys.exit(main())
