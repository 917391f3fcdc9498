"""What Hypothesis calls when it is imported, if it is: which strategy serves which type."""

from collections.abc import Callable
from typing import Any


def register() -> None:
    """Let Hypothesis find the strategies of :mod:`seqgen.strategies` by type, importing them when first asked for."""
    from hypothesis import strategies as st

    from seqgen import Batch, Family, Rule, Span, Universe
    from seqgen.arithmetic import Questions

    st.register_type_strategy(Rule, _resolver("rules"))
    st.register_type_strategy(Family, _resolver("families"))
    st.register_type_strategy(Universe, _resolver("universes"))
    st.register_type_strategy(Batch, _resolver("batches"))
    st.register_type_strategy(Span, _resolver("spans"))
    st.register_type_strategy(Questions, _resolver("questions"))


def _resolver(name: str) -> Callable[[Any], Any]:
    def resolve(_: Any) -> Any:
        from seqgen import strategies

        return getattr(strategies, name)()

    return resolve
