"""Draw the pictures of the documents: `make pictures`, or `python docs/pictures.py [FOLDER]`.

What is in them is computed when they are drawn, from the packaged models and the exact posterior; with ten million
rules that takes 3.5 GB of memory and a minute or two. Two trainings of 40,000 steps alone are drawn from their logs.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from seqgen import END, Ceilings, Posterior
from seqmodel import SequenceModel, pretrained, write_atomically
from seqtrain import Possible, Recipe, Scores, score
from seqtrain.pictures import (
    INK,
    MODEL,
    POSSIBLE,
    QUIET,
    SERIES,
    Picture,
    house_style,
    label,
    new_figure,
    painted,
)
from seqtrain.provenance import recipe_of
from seqtrain.recipe import CurriculumRecipe, StageRecipe
from seqtrain.sources import Sources

ROWS = 20_000
CURVES = Path(__file__).with_name("quantamaths") / "published-curves.json"
PREFIXES = ([2], [2, 4], [2, 4, 6])


def all_pictures(*, universe: str = "default", rows: int = ROWS) -> list[Picture]:
    """Draw every picture, of a universe and on so many fresh rows of it."""
    default = pretrained("default")
    recipe = on_universe(recipe_of(default.provenance), universe)
    possible = Possible.of(recipe)
    if possible.posterior is None or possible.ceilings is None:
        raise ValueError(f"universe {universe!r}: {possible.lacking}")
    of_default = scores_of(default.model, recipe, possible, rows)
    of_broad = scores_of(pretrained("broad").model, recipe, possible, rows)
    return [
        answers(possible.posterior),
        ceiling(possible.ceilings),
        standing(of_default),
        regret({"default": of_default, "broad": of_broad}),
        grown(json.loads(CURVES.read_text())),
    ]


def on_universe(recipe: Recipe, name: str) -> Recipe:
    """Return a recipe whose rows are of one universe."""
    return replace(recipe, curriculum=CurriculumRecipe(stages=(StageRecipe(shares={name: 1.0}),)))


def scores_of(model: SequenceModel, recipe: Recipe, possible: Possible, rows: int) -> Scores:
    """Measure a packaged model on fresh rows of a recipe."""
    return score(model, Sources(recipe).evaluation, rows=rows, possible=possible, loss=recipe.loss)


def answers(posterior: Posterior) -> Picture:
    """Draw how likely each next term is after one, two and three terms."""
    figure = new_figure(9, 2.7)
    for place, prefix in enumerate(PREFIXES):
        axes = figure.add_subplot(1, len(PREFIXES), place + 1)
        following = posterior.next(prefix)
        likely = [
            (outcome, 100 * float(following.probability(outcome)))
            for outcome in following.outcomes
            if outcome is not END and outcome <= 40
        ]
        axes.bar([outcome for outcome, _ in likely], [share for _, share in likely], width=0.8, color=POSSIBLE)
        axes.set_title(f"after {', '.join(map(str, prefix))}", fontsize=10, color=INK)
        label(axes, x="next term", y="probability (%)")
    caption = "The exact probability of each next term up to 40, after one, two and three terms."
    return painted("answers", figure, caption, wide=True)


def ceiling(ceilings: Ceilings) -> Picture:
    """Draw the best possible accuracy by position, overall and by phase."""
    figure = new_figure(6.2, 3.5)
    axes = figure.subplots()
    depths = range(1, ceilings.universe.length)
    phases = sorted({family.phase for family in ceilings.universe.families})
    for phase, colour in zip(phases, SERIES[2:], strict=False):
        shares = [100 * float(ceilings.of_phase(phase, depth).accuracy or 0) for depth in depths]
        axes.plot(depths, shares, color=colour, linewidth=1.1, marker=".", label=f"phase {phase}")
    overall = [100 * float(ceilings.at(depth).accuracy or 0) for depth in depths]
    axes.plot(depths, overall, color=POSSIBLE, linestyle="--", marker="_", label="all")
    axes.set_ylim(0, 102)
    label(axes, x="position (terms seen)", y="best possible accuracy (%)")
    axes.legend(loc="lower right")
    caption = "The ceiling: how often the best predictor of all is right after so many terms."
    return painted("ceiling", figure, caption)


def standing(scores: Scores) -> Picture:
    """Draw a model's accuracy by position between what is possible and what needs no training."""
    figure = new_figure(7.4, 3.6)
    axes = figure.subplots()
    depths = list(scores.model.positions)
    if scores.ceilings is not None:
        shares = [100 * float(scores.ceilings.positions[depth].accuracy or 0) for depth in depths]
        axes.fill_between(depths, shares, 100, color=QUIET, alpha=0.15, linewidth=0, label="nobody can know")
    model, recurrence, line = (
        [100 * each.positions[depth].accuracy for depth in depths]
        for each in (scores.model, scores.rules["Berlekamp-Massey"], scores.rules["linear extrapolation"])
    )
    axes.plot(depths, model, color=MODEL, marker="o", clip_on=False, label="the model default")
    axes.plot(depths, recurrence, color=SERIES[2], linewidth=1.1, label="Berlekamp-Massey")
    axes.plot(depths, line, color=SERIES[3], linewidth=1.1, label="linear extrapolation")
    if scores.random is not None:
        axes.axhline(100 * scores.random.accuracy, color=QUIET, linestyle=":", label="guessing")
    axes.set_xticks(depths)
    axes.set_xlim(depths[0], depths[-1])
    axes.set_ylim(0, 100)
    label(axes, x="terms seen", y="next term right (%)")
    axes.legend(loc="lower right")
    caption = "How often the next term is right, beside the exact ceiling."
    return painted("standing", figure, caption)


def regret(models: dict[str, Scores]) -> Picture:
    """Draw the least loss by position, and how much more each model has."""
    figure = new_figure(9, 3.3)
    left, right = figure.subplots(1, 2)
    first = next(iter(models.values()))
    depths = list(first.standings.positions)
    least = [first.standings.positions[depth].possible_log_loss or 0.0 for depth in depths]
    left.bar(depths, least, color=POSSIBLE, label="least loss")
    more = [first.standings.positions[depth].expected_regret or 0.0 for depth in depths]
    left.bar(depths, more, bottom=least, color=MODEL, label=f"regret of the model {next(iter(models))}")
    label(left, x="position (terms seen)", y="log-loss (nats)")
    left.legend()
    width = 0.8 / len(models)
    for place, (name, scores) in enumerate(models.items()):
        regrets = [scores.standings.positions[depth].expected_regret or 0.0 for depth in depths]
        places = [depth + (place - (len(models) - 1) / 2) * width for depth in depths]
        right.bar(places, regrets, width=width, color=(MODEL, SERIES[4])[place % 2], label=f"the model {name}")
    label(right, x="position (terms seen)", y="regret (nats)")
    right.legend()
    caption = "Left: the loss that nobody can avoid, and the model's regret above it. Right: the regret alone."
    return painted("regret", figure, caption, wide=True)


def grown(runs: dict[str, dict[str, list[float]]]) -> Picture:
    """Draw how many answers are wrong by step, of runs with the published hyper-parameters."""
    figure = new_figure(9, 3.3)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, operation in zip(panels, ("additions", "subtractions"), strict=True):
        for place, (name, curve) in enumerate(runs.items()):
            # 1,000 questions, about half of each operation: less than 1 in 1,000 cannot be told from none.
            wrong = [max(100 - right, 0.1) for right in curve[operation]]
            axes.plot(curve["step"], wrong, color=(MODEL, SERIES[4])[place % 2], label=name)
        axes.set_yscale("log")
        axes.set_title(operation, fontsize=10, color=INK)
        label(axes, x="step", y="wrong answers (%)")
    panels[1].legend()
    caption = "Wrong answers by step of the published shape of six digits, from scratch and grown from an adder."
    return painted("grown", figure, caption, wide=True)


def main(arguments: list[str]) -> int:
    """Draw all pictures into a folder, by default the one beside this file."""
    folder = Path(arguments[0]) if arguments else Path(__file__).with_name("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    with house_style():
        for picture in all_pictures():
            write_atomically(folder / f"{picture.name}.png", picture.png)
            print(folder / f"{picture.name}.png")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
