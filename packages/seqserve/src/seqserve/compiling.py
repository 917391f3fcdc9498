"""The wait for a compilation: said where somebody waits, and over before anybody asks a service."""

from collections.abc import Callable

from seqserve.protocols import Engine


def say_if_compiling(engine: Engine, say: Callable[[str], object]) -> None:
    """Say so where an engine's first answer waits for its kernels to be compiled.

    Args:
        engine: What is about to be asked.
        say: Takes the line.
    """
    if getattr(engine, "name", "") != "compiled":
        return
    from seqserve.kernel_cache import is_kept

    if not is_kept():
        say("compiling for this processor, once, for about 10 s...")


def warm(engine: Engine) -> None:
    """Let an engine answer a question of no meaning: the next answer waits for nothing."""
    batch = engine.open(1)
    slot = batch.join([engine.low])
    batch.step([slot])
    batch.leave(slot)
