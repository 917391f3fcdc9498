"""Reading and writing recipes: TOML files, plain dictionaries, command-line overrides.

Reading is strict: an unknown field is refused with the nearest known name, a value of the wrong
type is refused with its field's full name and what would be right.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seqtrain._build import build, refuse_unknown
from seqtrain.questions_recipe import with_what_questions_say
from seqtrain.recipe import Recipe


def load_recipe(path: Path | str, overrides: Iterable[str] = ()) -> Recipe:
    """Read a recipe from a TOML file and apply overrides of the form `section.field=value`.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not TOML, or not a recipe, or an override is not understood.
    """
    text = Path(path).read_bytes()
    try:
        table = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not TOML: {error}") from None
    return recipe_with(table, overrides)


def recipe_with(table: Mapping[str, Any], overrides: Iterable[str] = ()) -> Recipe:
    """Build a recipe from nested dictionaries and overrides of the form `section.field=value`.

    >>> recipe_with({"budget": {"steps": 5}}, ["budget.steps=7"]).budget.steps
    7
    """
    changed = {section: dict(fields) if isinstance(fields, Mapping) else fields for section, fields in table.items()}
    for override in overrides:
        _apply(changed, override)
    return recipe_from_dict(changed)


def recipe_from_dict(table: Mapping[str, object]) -> Recipe:
    """Build a recipe from nested dictionaries; whatever is left out keeps its default.

    >>> recipe_from_dict({"loss": {"alfa": 0.2}})
    Traceback (most recent call last):
    ValueError: unknown field loss.alfa; did you mean loss.alpha?
    """
    return build(Recipe, with_what_questions_say(table), "")


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """Return every field as nested dictionaries that JSON and `recipe_from_dict` understand.

    >>> recipe_from_dict(recipe_to_dict(Recipe())) == Recipe()
    True
    """
    tables = asdict(recipe) | {"model": recipe.model.to_dict()}
    return json.loads(json.dumps(tables))  # type: ignore[no-any-return]  # tuples become lists


def recipe_to_toml(recipe: Recipe) -> str:
    """Return the recipe with every field, as TOML that `load_recipe` reads back equal."""
    tables = recipe_to_dict(recipe)
    return "\n".join(
        f"[{section}]\n"
        + "".join(f"{name} = {toml_value(value)}\n" for name, value in fields.items() if value is not None)
        for section, fields in tables.items()
    )


def toml_value(value: object) -> str:
    """Return a value as TOML: what JSON has, tables inline.

    >>> toml_value({"phase1": 1.0})
    '{ "phase1" = 1.0 }'
    """
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(key)} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _apply(table: dict[str, Any], override: str) -> None:
    place, equals, text = override.partition("=")
    section, dot, field = place.strip().partition(".")
    if not (equals and dot and section and field):
        raise ValueError(f"override {override!r} is not of the form section.field=value")
    refuse_unknown([section], Recipe, "")
    fields = table.setdefault(section, {})
    if not isinstance(fields, dict):
        raise ValueError(f"{section} is {fields!r}; it must be a table of fields")
    fields[field] = _value(text.strip())


def _value(text: str) -> object:
    """Read a TOML value; what is not TOML is taken as the text it is."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
