"""The text of a study: one table of all runs, and for each decision its picture and what came of it."""

from collections.abc import Iterable, Sequence

from seqtrain.shown import number, percent
from seqtrain.study_figures import Figures, noise
from seqtrain.study_file import Decision, Study
from seqtrain.study_pictures import picture_name

_HEADER = ("decision", "option", "weights", "steps", "minutes", "accuracy", "share of the possible", "regret")


_ABOUT = (
    "Accuracy is the share of targets that are right; its share of the possible is what the exact posterior expects of "
    "the model's answers, over what it expects of its own; regret is nats a target above the least expected loss.\n"
)


def study_page(study: Study, figures: Sequence[Figures]) -> str:
    """Return the page as Markdown; its pictures lie beside it as PNG files."""
    return "\n".join(
        [
            f"# {study.title}\n",
            *([f"{study.text.strip()}\n"] if study.text else []),
            *(f"![All decisions around {base}](overview-{base}.png)\n" for base in _varied(study)),
            "## All runs\n",
            _ABOUT,
            *_table(study, figures),
            *(part for decision in study.decisions for part in _decision(decision, figures)),
        ]
    )


def _varied(study: Study) -> Iterable[str]:
    return dict.fromkeys(decision.base for decision in study.decisions)


def _table(study: Study, figures: Sequence[Figures]) -> Iterable[str]:
    yield "| " + " | ".join(_HEADER) + " |"
    yield "|---|---" + "|---:" * (len(_HEADER) - 2) + "|"
    for base in study.bases:
        own = [each for each in figures if each.base == base and each.decision is None]
        yield from (_row(f"**{base}**", each) for each in own)
        for each in figures:
            if each.base == base and each.decision is not None:
                yield _row(each.decision, each)
    yield ""


def _row(decision: str, each: Figures) -> str:
    cells = (
        decision,
        each.option,
        f"{each.parameters:,}",
        f"{each.steps:,}",
        number(each.minutes, 1),
        percent(each.accuracy),
        percent(each.share),
        number(each.regret, 3),
    )
    return "| " + " | ".join(cells) + " |"


def _decision(decision: Decision, figures: Sequence[Figures]) -> Iterable[str]:
    """Yield a decision's part of the page."""
    yield f"## {decision.title} ({decision.base})\n"
    yield f"![{decision.title}]({picture_name(decision)}.png)\n"
    own = noise(figures, decision.base, "regret")
    found = [each for each in figures if each.base == decision.base and each.decision == decision.title]
    said = [f"Ships: **{decision.ships}**" + (f", regret {number(own.mean, 3)}" if own else "")]
    for each in found:
        beside = number(each.regret, 3) if each.regret is not None else f"accuracy {percent(each.accuracy)}"
        within = own is not None and each.regret is not None and own.low <= each.regret <= own.high
        said.append(f"{each.option}: {beside}" + (" (within the seeds)" if within else ""))
    yield "; ".join(said) + ".\n"
    if decision.text:
        yield f"{decision.text.strip()}\n"
