"""The names of difficulty classes: a kind of question and how far its carries or borrows cascade."""

from typing import Final

KINDS: Final = "SMN"
"""Kinds 0, 1 and 2: additions, subtractions with an answer of at least 0, and with a negative one."""

LARGEST_LEVEL: Final = {"S": 5, "M": 4, "N": 4}
"""The highest level of each kind, which stands for longer cascades too."""

_MARKED_OPEN = ("M4", "N4")


def class_name(kind: str, level: int) -> str:
    """Return the name of a difficulty class; M4 and N4 are written with a plus.

    >>> class_name("S", 5), class_name("N", 4)
    ('S5', 'N4+')
    """
    name = f"{kind}{level}"
    return f"{name}+" if name in _MARKED_OPEN else name


CLASS_NAMES: Final = tuple(class_name(kind, level) for kind in KINDS for level in range(LARGEST_LEVEL[kind] + 1))
"""All classes: S0 to S5, M0 to M4+, N0 to N4+."""


def parsed_class(difficulty: str) -> tuple[str, int]:
    """Return the kind and the level of a class's name; "M4" means "M4+".

    >>> parsed_class("M4+"), parsed_class("M4")
    (('M', 4), ('M', 4))
    """
    for name in CLASS_NAMES:
        if difficulty in (name, name.removesuffix("+")):
            return name[0], int(name[1])
    raise ValueError(f"difficulty={difficulty!r}: give one of {', '.join(CLASS_NAMES)}")
