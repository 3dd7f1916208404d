"""python3 -m deploy.stack run | reset: what `make run` and `make reset` call, in the project's directory."""

import sys

from .run import main

sys.exit(main(sys.argv[1:]))
