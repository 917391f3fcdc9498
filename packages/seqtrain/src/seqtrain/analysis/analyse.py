"""The whole analysis of a trained model of arithmetic."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from seqgen.arithmetic import Questions
from seqmodel import Transformer
from seqtrain.analysis.ablation import Failures, ablate
from seqtrain.analysis.all_trials import all_trials
from seqtrain.analysis.attention import mean_patterns
from seqtrain.analysis.capabilities import LEAST_RIGHT, accuracies
from seqtrain.analysis.clusters import find_clusters
from seqtrain.analysis.interventions import intervene
from seqtrain.analysis.layout import Layout
from seqtrain.analysis.node import Node, nodes_of
from seqtrain.analysis.result import Analysis
from seqtrain.analysis.varied_questions import varied_questions

Stage = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows a part of the work: called with its name and how much there is, gives what is told how much was done."""

QUESTIONS = 300
"""Varied questions that nodes are ablated on."""


@contextmanager
def unseen(name: str, total: int) -> Iterator[Callable[[int], None]]:  # noqa: ARG001 (what a stage is told)
    """Show nothing."""
    yield lambda done: None  # noqa: ARG005


def analyse(model: Transformer, *, questions: int = QUESTIONS, seed: int = 0, stage: Stage = unseen) -> Analysis:
    """Find out which nodes of a model matter, and what they do.

    Args:
        model: A model of arithmetic questions, in evaluation mode; not exact ones are faster.
        questions: How many varied questions nodes are ablated on.
        seed: What all questions are drawn by. The same model, arguments and machine give the same analysis.
        stage: What shows how far it is.

    Raises:
        ValueError: The model is none of arithmetic, or in training mode.
    """
    layout = Layout.of(model.config, model.vocabulary)
    if model.training:
        raise ValueError("the model is in training mode: call model.eval() first")
    right = accuracies(model, layout.digits, seed)
    kinds = "".join(kind for kind, share in right.items() if share >= LEAST_RIGHT)
    varied = varied_questions(layout.digits, kinds or "SMN", questions, seed)
    nodes = nodes_of(model.config, range(layout.length - 1))
    with stage("ablation", len(nodes) * questions) as told:
        failures = ablate(model, varied, told)
    case_kinds = "".join(kind for kind in "SM" if kind in kinds)
    with stage("clusters", len(case_kinds) * layout.digits) as told:
        clusters = find_clusters(model, case_kinds, seed, lambda: told(1))
    trials = list(all_trials(layout.digits, kinds, seed))
    # A head may tell what another tells too: nothing fails without it alone.
    heads = sorted({lost.node for lost in failures if not lost.node.is_mlp} | {found.head for found in clusters})
    with stage("interventions", len(trials)) as told:
        findings = intervene(model, trials, heads, watch=lambda trial: told(1))  # noqa: ARG005
    return Analysis(
        layout=layout,
        heads=model.config.heads,
        layers=model.config.layers,
        seed=seed,
        accuracies=right,
        kinds=kinds,
        questions=varied,
        failures=failures,
        attention=_attention(model, varied, failures),
        clusters=clusters,
        findings=findings,
    )


def _attention(model: Transformer, varied: Questions, failures: Iterable[Failures]) -> dict[Node, list[float]]:
    patterns = mean_patterns(model, varied)
    nodes = [lost.node for lost in failures if not lost.node.is_mlp]
    return {node: patterns[node.layer][node.number, node.position].tolist() for node in nodes}
