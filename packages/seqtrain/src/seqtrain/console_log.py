"""What the package logs, shown on standard error while a command runs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def log_shown() -> Iterator[None]:
    """Show what the package logs on standard error."""
    logger = logging.getLogger("seqtrain")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("seqtrain: %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
