"""`python -m seqtrain` is the command `seqtrain`; `torchrun -m seqtrain` starts several of it that train together."""

import sys

from seqtrain.cli import main

sys.exit(main())
