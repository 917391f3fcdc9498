"""The page about one run."""

from collections.abc import Iterator, Mapping
from typing import Any

from seqtrain.measured_run import MeasuredRun
from seqtrain.metrics import OVERALL
from seqtrain.page import folded, heading, page, paragraph, pictures, preformatted, tiles
from seqtrain.pictures import Picture
from seqtrain.questions_page import COUNTING, learned_text, questions_tables, wrong_part
from seqtrain.recipe_file import recipe_to_toml
from seqtrain.report_tables import baselines_table, memory_table, scores_table, standings_tables, wrong_table
from seqtrain.shown import duration, number, percent, percent_with_error, points, size, with_error
from seqtrain.wrong_answers import SURE


def report_page(run: MeasuredRun, curves: list[Picture], standing: list[Picture]) -> str:
    """Return the page: figures, pictures, wrong answers, memory, recipe.

    Args:
        run: The run.
        curves: Pictures of how it went.
        standing: Pictures of how its model stands.
    """
    history = run.history
    body = [
        heading(f"Training run {history.name}", 1),
        paragraph(_status(run), "status" if history.ended else "status open"),
        paragraph(_what(run)),
        tiles(_tiles(run)),
        *_final(run),
        heading("How it went"),
        pictures(curves),
        *(wrong_part(run.wrong_questions) if _is_asked_questions(run) else _beside_the_ceiling(run, standing)),
        *_wrong(run),
        *_memory(run),
        heading("The recipe"),
        paragraph("Every field, as the run's folder holds it.", "quiet"),
        preformatted(recipe_to_toml(history.recipe), "recipe"),
        folded("Where the weights come from", preformatted(_origin(run.provenance), "provenance")),
        heading("How this is counted"),
        *map(paragraph, _counting(run)),
    ]
    return page(f"seqtrain: {history.name}", body)


def _status(run: MeasuredRun) -> str:
    history = run.history
    total = history.recipe.budget.total_steps
    status = f"{history.status[0].upper()}{history.status[1:]}"
    return f"{status} (step {history.step:,} of {total:,}, {duration(history.seconds)} of training)."


def _what(run: MeasuredRun) -> str:
    recipe = run.history.recipe
    model, data = recipe.model, recipe.data
    seen = run.history.step * data.batch
    if _is_asked_questions(run):
        return (
            f"A transformer of {run.parameters:,} weights ({_count(model.layers, 'block')} of width {model.d_model}, "
            f"{_count(model.heads, 'head')}) that {learned_text(recipe.questions)}. It learned from {seen:,} "
            f"questions, {data.batch} a step, in {recipe.run.precision}. The checkpoint holds the weights of step "
            f"{run.kept_step:,}."
        )
    shares = recipe.curriculum.stages[-1].shares
    mixture = ", ".join(f"{name} {100 * share / sum(shares.values()):.3g} %" for name, share in shares.items())
    return (
        f"A transformer of {run.parameters:,} weights ({_count(model.layers, 'block')} of width {model.d_model}, "
        f"{_count(model.heads, 'head')}, a context of {model.context} terms) that says what comes next in "
        f"sequences of integers from {data.low} to {data.high}. It learned from {seen:,} rows, {data.batch} a step, "
        f"in {recipe.run.precision} on the loss {recipe.loss.kind!r}. The final mixture is {mixture}. The checkpoint "
        f"holds the weights of step {run.kept_step:,}."
    )


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _tiles(run: MeasuredRun) -> Iterator[tuple[str, str]]:
    if _is_asked_questions(run) and run.scores is not None:
        for name, each in {OVERALL: run.scores["model"]["overall"], **run.scores["model"]["phases"]}.items():
            yield percent(each["teacher_forced"], 4), f"answers right, {name}"
    elif run.standings is not None:
        overall = run.standings.overall
        yield percent(overall.accuracy), f"accuracy, on {run.standings.rows:,} rows"
        if overall.expected_share is not None:
            error = points(overall.expected_share_error)
            yield percent(overall.expected_share), f"± {error} points: of the accuracy that is possible"
        if overall.expected_regret is not None:
            error = number(overall.expected_regret_error)
            yield number(overall.expected_regret), f"± {error} nats per term of regret"
    elif run.scores is not None:
        yield percent(run.scores["model"]["overall"]["accuracy"]), "accuracy"
    yield f"{run.parameters:,}", "weights"
    yield duration(run.history.seconds), "of training"


def _final(run: MeasuredRun) -> Iterator[str]:
    yield heading("What the model reaches")
    scores = run.scores
    if scores is None:
        yield paragraph("The run has no final evaluation yet, and its rows are not those of its recipe.")
        return
    rows = f"{scores['model']['rows']:,} rows"
    intro = f"The final evaluation, on {rows} drawn from a stream of their own."
    if run.scored_now:
        intro = f"The run has no final evaluation yet: these are the weights kept so far, on {rows} of it."
    yield paragraph(intro, "quiet")
    if _is_asked_questions(run):
        yield from questions_tables(scores)
        return
    yield scores_table(scores)
    yield baselines_table(scores)


def _beside_the_ceiling(run: MeasuredRun, shown: list[Picture]) -> Iterator[str]:
    yield heading("Beside what is possible")
    standings = run.standings
    if standings is None:
        yield paragraph("The run was validated on rows of the user's own: their rules are not known here.")
        return
    if run.possible.lacking:
        yield paragraph(f"Not everything can be shown: {run.possible.lacking}.", "quiet")
    if standings.overall.possible_accuracy is not None:
        said = standings.overall
        text = (
            f"On {standings.rows:,} rows ({said.targets:,} terms) the model is right in {percent(said.accuracy)}; the "
            f"exact posterior, which knows every rule but not which one it is, in {percent(said.possible_accuracy)}."
        )
        if said.regret is not None:
            text += f" The model loses {with_error(said.regret, said.regret_error)} nats per term to it."
        yield paragraph(text)
        share = percent_with_error(said.expected_share, said.expected_share_error)
        text = f"By what the posterior expects of the model's answers there, they reach {share} of what is possible"
        if said.expected_regret is not None:
            text += f", and lose {with_error(said.expected_regret, said.expected_regret_error)} nats per term"
        yield paragraph(f"{text}.")
    yield pictures(shown)
    yield folded("The same in numbers", standings_tables(standings))


def _wrong(run: MeasuredRun) -> Iterator[str]:
    if not run.wrong:
        return
    yield heading("Answers that went wrong")
    sure = sum(each.sure for each in run.wrong)
    text = f"{len(run.wrong)} wrong answers of those rows, drawn by a fixed seed."
    if sure:
        text += (
            f" In the first {sure} nothing was in doubt: the posterior gave the right term at least "
            f"{percent(SURE, 0)}. In the others it was wrong too, or far from sure."
        )
    yield paragraph(text, "quiet")
    yield wrong_table(run.wrong)


def _memory(run: MeasuredRun) -> Iterator[str]:
    account = run.memory
    yield heading("Memory")
    least, most = account.document.totals
    yield paragraph(
        f"What a training step of {account.batch:,} rows of {account.length} terms takes in {account.precision} with "
        f"{account.optimiser}, worked out tensor by tensor. Python and torch themselves come on top, some 200 MB. The "
        f"founding document's formulas give {size(least)} to {size(most)}."
    )
    yield memory_table(account)


def _origin(provenance: Mapping[str, Any]) -> str:
    shown = {name: provenance[name] for name in ("seed", "universe", "arithmetic", "versions") if name in provenance}
    return "\n".join(f"{name}: {_line(value)}" for name, value in shown.items())


def _line(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_line(inner)}" for name, inner in value.items())
    return str(value)


def _is_asked_questions(run: MeasuredRun) -> bool:
    return run.history.recipe.questions.digits > 0


def _counting(run: MeasuredRun) -> Iterator[str]:
    if _is_asked_questions(run):
        yield COUNTING
        return
    yield (
        "Accuracy: the share of terms whose most probable class is the right one; END (the next term leaves the "
        "range) is a class like any other. Distance: how far the most probable integer is from the right one, over the "
        "terms that are integers. Log-loss: plain cross-entropy in nats, whatever the training loss is."
    )
    yield (
        "Ceiling, or what is possible: the exact Bayes-optimal predictor, which knows every rule of the final mixture "
        "and how likely it is, and sees the same terms. Regret: the model's log-loss minus that predictor's."
    )
    if run.standings is not None and run.standings.overall.regret is not None:
        yield (
            "Where the two stand on the same rows, chance hits both alike, and their difference is known far better "
            "than either figure. Figures that are called expected are known better still: they take the mean over "
            "what may follow the terms seen, by the posterior, in place of what did. 95 % confidence intervals count "
            "each row as one observation; those of accuracies are Wilson's."
        )
