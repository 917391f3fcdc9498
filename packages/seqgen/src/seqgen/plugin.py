"""What Hypothesis calls when it is imported, if it is: which strategy serves which type."""


def register() -> None:
    """Let Hypothesis find the strategies of :mod:`seqgen.strategies` by type, importing them when first asked for."""
    from hypothesis import strategies as st

    from seqgen import Batch, Family, Rule, Span, Universe

    st.register_type_strategy(Rule, lambda _: _strategies().rules())
    st.register_type_strategy(Family, lambda _: _strategies().families())
    st.register_type_strategy(Universe, lambda _: _strategies().universes())
    st.register_type_strategy(Batch, lambda _: _strategies().batches())
    st.register_type_strategy(Span, lambda _: _strategies().spans())


def _strategies():  # type: ignore[no-untyped-def]
    from seqgen import strategies

    return strategies
