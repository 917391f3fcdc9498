"""The tags of published node files, written and read: "Major:Minor".

Majors: Fail%, Impact, Math.Add, Math.Sub, Math.Neg, Attn, Algo. Others, such as Probe, are kept as they are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

WEAK = ".Weak"
"""What stands behind a tag that holds less clearly."""

AMBIGUOUS_FROM = 9
"""From so many digits on the sign's number has two digits, and an impact may be read in two ways."""

KINDS = {"S": "Math.Add", "M": "Math.Sub", "N": "Math.Neg"}
"""The majors of additions, of subtractions with an answer of at least 0, and of those with a negative one."""

CLUSTERS = {"S": "SP", "M": "MP"}
"""What a cluster tag of additions or subtractions ends with."""

_TASK = re.compile(r"Algo:(?:A(?P<digit>\d+)\.)?(?P<task>[A-Z]+)(?P<weak>\.Weak)?", re.ASCII)


def fail_tag(failed: int, of: int) -> str:
    """Return the share of questions that went wrong, in whole per cent.

    >>> fail_tag(3, 200)
    'Fail%:2'
    """
    return f"Fail%:{round(100 * failed / of)}"


def impact_tag(targets: Iterable[int]) -> str:
    """Return which digits of the answer went wrong, the highest first, written without anything between them.

    >>> impact_tag([3, 5, 4])
    'Impact:A543'
    """
    return "Impact:A" + "".join(map(str, sorted(targets, reverse=True)))


def impact_of(tag: str, digits: int) -> tuple[int, ...] | None:
    """Return the digits that an impact tag names, highest first, or None where it may be read in two ways.

    Args:
        tag: Of a model whose questions have so many `digits`; the sign is then `digits + 1`.
        digits: Of each number.

    >>> impact_of("Impact:A543", digits=5), impact_of("Impact:A31", digits=11), impact_of("Impact:A10", digits=11)
    ((5, 4, 3), (3, 1), None)
    """
    readings = _readings(tag.removeprefix("Impact:A"), digits + 2)
    return readings[0] if len(readings) == 1 else None


def _readings(text: str, below: int) -> list[tuple[int, ...]]:
    """Return every way to read a text as falling numbers."""
    if not text:
        return [()]
    found = []
    for width in (1, 2):
        number = text[:width]
        if len(number) == width and number.isdecimal() and str(int(number)) == number and int(number) < below:
            found += [(int(number), *rest) for rest in _readings(text[width:], int(number))]
    return found


def class_tags(difficulties: Iterable[str]) -> list[str]:
    """Return which difficulty classes failed, a tag for each kind of question.

    >>> class_tags(["S2", "S0", "N4+", "S2"])
    ['Math.Add:S02', 'Math.Neg:N4']
    """
    found = set(difficulties)
    tags = []
    for letter, major in KINDS.items():
        levels = "".join(sorted(name[1] for name in found if name[0] == letter))
        if levels:
            tags.append(f"{major}:{letter}{levels}")
    return tags


def attention_tags(shares: Sequence[float], most: int = 4, least: float = 0.01) -> list[str]:
    """Return where a head looks: its strongest sources, in whole per cent.

    >>> attention_tags([0.004, 0.5, 0.2, 0.296])
    ['Attn:P1=50', 'Attn:P3=30', 'Attn:P2=20']
    """
    sources = sorted(range(len(shares)), key=lambda position: (-shares[position], position))
    return [f"Attn:P{source}={round(100 * shares[source])}" for source in sources[:most] if shares[source] >= least]


def cluster_tag(kind: str, digit: int, *, clear: bool) -> str:
    """Return that a head's results fall into the three cases of a digit, of additions "S" or subtractions "M".

    >>> cluster_tag("S", 3, clear=True), cluster_tag("M", 0, clear=False)
    ('Math.Add:A3.SP', 'Math.Sub:A0.MP.Weak')
    """
    return f"{KINDS[kind]}:A{digit}.{CLUSTERS[kind]}{'' if clear else WEAK}"


def task_tag(task: str, digit: int | None, *, clear: bool = True) -> str:
    """Return that a node does a sub-task, for a digit or for all.

    >>> task_tag("SA", 10), task_tag("OPR", None, clear=False)
    ('Algo:A10.SA', 'Algo:OPR.Weak')
    """
    return f"Algo:{'' if digit is None else f'A{digit}.'}{task}{'' if clear else WEAK}"


def task_of(tag: str) -> tuple[str, int | None] | None:
    """Return the sub-task and digit of a tag that clearly says one, else None.

    >>> task_of("Algo:A10.SA"), task_of("Algo:SGN"), task_of("Algo:A1.SA.Weak"), task_of("Attn:P1=50")
    (('SA', 10), ('SGN', None), None, None)
    """
    found = _TASK.fullmatch(tag)
    if not found or found["weak"]:
        return None
    return found["task"], None if found["digit"] is None else int(found["digit"])


def of_major(tags: Iterable[str], major: str) -> list[str]:
    """Return the tags of one major, whole: never those of another that merely begins alike.

    >>> of_major(["Math.Add:S1", "Math.Add2:S1"], "Math.Add")
    ['Math.Add:S1']
    """
    return [tag for tag in tags if tag.partition(":")[0] == major]


def percentages(tags: Iterable[str]) -> Mapping[int, int]:
    """Return where the attention tags say that a head looks, in per cent by position.

    >>> percentages(["Attn:P8=52", "Fail%:1"])
    {8: 52}
    """
    found = (re.fullmatch(r"Attn:P(\d+)=(\d+)", tag, re.ASCII) for tag in tags)
    return {int(match[1]): int(match[2]) for match in found if match}
