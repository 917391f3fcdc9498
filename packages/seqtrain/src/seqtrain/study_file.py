"""A study of decisions as one TOML file: a few bases, and what is changed in them one at a time."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seqtrain._build import build
from seqtrain._checks import fail
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import load_recipe


@dataclass(frozen=True, kw_only=True)
class Base:
    """A recipe that decisions are varied around.

    Attributes:
        recipe: Its file, as seen from the study's own folder.
        set: What the study changes in it, in every run: `section.field=value`.
        seeds: It is trained once with each; how far these runs lie apart is what chance does.
    """

    recipe: str = ""
    set: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (1,)

    def __post_init__(self) -> None:
        if not self.recipe:
            fail("bases.recipe", self.recipe, "the file of a recipe")
        if not self.seeds:
            fail("bases.seeds", list(self.seeds), "a list of at least one seed")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One choice of a base, and what else could stand there.

    Attributes:
        title: What is decided.
        ships: The base's own option, as a person says it.
        options: What each other option changes in the base: `section.field=value`.
        base: The name of the base.
        text: What came of it, once that is known.
    """

    title: str = ""
    ships: str = ""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    base: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if not self.title:
            fail("decisions.title", self.title, "what is decided")
        if not self.options:
            fail("decisions.options", {}, f"a table of at least one option of {self.title!r} and what it changes")


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study of decisions.

    Attributes:
        title: Of its page.
        text: What is asked, and on what budget.
        bases: By name.
        decisions: In the order of the page.
    """

    title: str = "A study"
    text: str = ""
    bases: Mapping[str, Base] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()

    def __post_init__(self) -> None:
        if not self.bases:
            fail("bases", {}, "a table of at least one base")
        for decision in self.decisions:
            if decision.base not in self.bases:
                right = f"the base of {decision.title!r}: one of {', '.join(self.bases)}"
                fail("decisions.base", decision.base, right)
        names = [
            folder_name(f"{each.base}-{each.title}-{option}") for each in self.decisions for option in each.options
        ]
        for name in names:
            if names.count(name) > 1:
                fail("decisions.options", name, "the name of one run alone: two of them would share its folder")


@dataclass(frozen=True, kw_only=True)
class StudyRun:
    """One run of a study.

    Attributes:
        name: Of its folder.
        base: The base's name.
        recipe: What is trained.
        decision: Which decision it belongs to; None for a base itself.
        option: Which option of it, or the base's seed.
    """

    name: str
    base: str
    recipe: Recipe = field(repr=False)
    decision: Decision | None
    option: str


def load_study(path: Path) -> Study:
    """Read a study.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not TOML, no study, or a decision is about a base that is not there.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not TOML: {error}") from None
    return build(Study, table, "")


def folder_name(text: str) -> str:
    """Return a text as the name of a folder or of a picture.

    >>> folder_name("default-Feed-forward width-1/2")
    'default-feed-forward-width-1-2'
    """
    return "-".join("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())


def study_runs(study: Study, folder: Path, overrides: tuple[str, ...] = ()) -> Iterator[StudyRun]:
    """Yield every run of a study: those of the bases first, then option by option.

    Args:
        study: The study.
        folder: Its own folder, from which it names recipes.
        overrides: What is changed in all of them, last.

    Raises:
        OSError: A recipe cannot be read.
        ValueError: One is none, or a change in it is not understood.
    """
    for name, base in study.bases.items():
        for seed in base.seeds:
            recipe = load_recipe(folder / base.recipe, (*base.set, f"run.seed={seed}", *overrides))
            yield StudyRun(name=f"{name}-{seed}", base=name, recipe=recipe, decision=None, option=f"seed {seed}")
    for decision in study.decisions:
        base = study.bases[decision.base]
        for option, changes in decision.options.items():
            first = f"run.seed={base.seeds[0]}"
            recipe = load_recipe(folder / base.recipe, (*base.set, first, *changes, *overrides))
            name = folder_name(f"{decision.base}-{decision.title}-{option}")
            yield StudyRun(name=name, base=decision.base, recipe=recipe, decision=decision, option=option)
