"""Which heads do which sub-task: every trial on every head that may do it, alone or with another."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from seqmodel import Transformer
from seqtrain.analysis.findings import CLEAR, WEAK, Finding, without_parts
from seqtrain.analysis.head_sets import acting_sets
from seqtrain.analysis.layout import Layout
from seqtrain.analysis.node import Node
from seqtrain.analysis.patching import Patching
from seqtrain.analysis.trial import FEWEST, Trial

TOGETHER = 4
"""Heads that may share a sub-task."""

GLANCE = 16
"""Pairs after which heads that pass fewer than half of them are given up."""


def intervene(
    model: Transformer,
    trials: Iterable[Trial],
    heads: Sequence[Node],
    *,
    together: int = TOGETHER,
    watch: Callable[[Trial], None] | None = None,
) -> list[Finding]:
    """Try which of these heads do the trials' sub-tasks.

    Heads are tried at each position from where a column, the operation or, for the sign, the highest pair can be seen
    up to where the target is written, alone and together: see `acting_sets`.

    Args:
        model: In evaluation mode.
        trials: Sub-tasks to look for.
        heads: Those that may do something.
        together: Heads in a set, at most.
        watch: Is told after each trial.

    Returns:
        What was found, clearly or weakly.
    """
    layout = Layout.of(model.config, model.vocabulary)
    findings: list[Finding] = []
    for trial in trials:
        findings += _found(model, trial, _by_position(layout, trial, heads), together)
        if watch:
            watch(trial)
    return without_parts(findings)


def _by_position(layout: Layout, trial: Trial, heads: Sequence[Node]) -> dict[int, list[Node]]:
    """Return the heads that can do it, by position."""
    if trial.digit is not None:
        seen_from = layout.second(trial.digit)
    else:
        seen_from = layout.operation if trial.task == "OPR" else layout.second(layout.digits - 1)
    positions = range(seen_from, layout.written_at(trial.target) + 1)
    by_position: dict[int, list[Node]] = {}
    for head in heads:
        if head.position in positions:
            by_position.setdefault(head.position, []).append(head)
    return by_position


def _found(model: Transformer, trial: Trial, by_position: dict[int, list[Node]], together: int) -> Iterator[Finding]:
    if not by_position:
        return
    few = Patching(model, trial.first(GLANCE))
    if few.pairs < GLANCE // 2:
        return
    every = Patching(model, trial)
    if every.pairs < FEWEST:
        return
    for chosen in acting_sets(by_position, few.share, every.share, clear=CLEAR, together=together):
        share = every.share(chosen)
        if share >= WEAK:
            yield Finding(
                task=trial.task,
                digit=trial.digit,
                target=trial.target,
                heads=chosen,
                share=share,
                pairs=every.pairs,
            )
