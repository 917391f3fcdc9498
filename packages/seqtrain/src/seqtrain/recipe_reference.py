"""Every field of a recipe with its default and what it means, as TOML to begin one's own recipe from.

The words are those of the sections' docstrings, so that they stand in one place.
"""

import inspect
import re
import textwrap
from collections.abc import Mapping

from seqtrain.recipe import CurriculumRecipe, Recipe, StageRecipe
from seqtrain.recipe_file import recipe_to_dict, toml_value

WIDTH = 100
"""Columns of a comment."""


def recipe_reference(section: str | None = None) -> str:
    """Return the default recipe with a comment above every field; of one section, if it is named.

    Raises:
        ValueError: There is no such section.

    >>> print(recipe_reference("budget")[:78])
    # Limit the run. Whatever limit is met, the weights that `stopping.restore` na
    """
    sections = recipe_to_dict(Recipe())
    if section is not None and section not in sections:
        raise ValueError(f"there is no section {section!r}: choose from {', '.join(sections)}")
    return "\n".join(_section(name, fields) for name, fields in sections.items() if section is None or name == section)


def descriptions(kind: type) -> dict[str, str]:
    """Return what a dataclass says of each of its fields.

    >>> descriptions(StageRecipe)["transition"]
    'Steps that the linear move takes; 0 is an abrupt change.'
    """
    text = inspect.getdoc(kind) or ""
    listed = re.search(r"^Attributes:\n(.*?)(?=\n\n\S|\n\S|\Z)", text, re.DOTALL | re.MULTILINE)
    entries = re.split(r"^    (?=\w+: )", listed.group(1) if listed else "", flags=re.MULTILINE)
    return {name: " ".join(words.split()) for name, _, words in (entry.partition(": ") for entry in entries if entry)}


def _section(name: str, fields: Mapping[str, object]) -> str:
    kind = type(getattr(Recipe(), name))
    said = descriptions(kind)
    lines = [*_comment((inspect.getdoc(kind) or "").partition("\n\n")[0]), f"[{name}]"]
    if kind is CurriculumRecipe:
        return _stages(lines)
    for field, value in fields.items():
        shown = f"{field} = {toml_value(value)}" if value is not None else f"# {field} = ..."
        lines += [*_comment(said[field]), shown]
    return "\n".join(lines) + "\n"


def _stages(lines: list[str]) -> str:
    said = descriptions(StageRecipe)
    lines[-1:] = [*_comment(descriptions(CurriculumRecipe)["stages"]), "[[curriculum.stages]]"]
    for field, value in recipe_to_dict(Recipe())["curriculum"]["stages"][0].items():
        lines += [*_comment(said[field]), f"{field} = {toml_value(value)}"]
    return "\n".join(lines) + "\n"


def _comment(words: str) -> list[str]:
    return textwrap.wrap(" ".join(words.split()), WIDTH, initial_indent="# ", subsequent_indent="# ")
