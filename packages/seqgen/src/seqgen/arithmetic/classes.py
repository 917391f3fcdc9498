"""Questions of one difficulty class, and how many there are.

Read from the lowest digit up, a question is a word of three letters: pairs that stop a carry, pass it on, or make one
(pairs that lend, are equal, or borrow). Its class is found by an automaton with few states, so the questions of a class
can be counted exactly, and drawn evenly: each letter with the share of the questions that it leaves possible.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqgen.arguments import integer
from seqgen.arithmetic.difficulty import CLASS_NAMES, LARGEST_LEVEL, parsed_class
from seqgen.arithmetic.drawing import Draws
from seqgen.arithmetic.pairs import BORROWING, CARRYING, EQUAL, LENDING, NINES, STOPPING, PairSets
from seqgen.arithmetic.questions import Questions
from seqgen.arithmetic.symbols import MAX_DIGITS

_STOP, _PASS, _MAKE = range(3)
_ADDED: Final = PairSets([STOPPING, NINES, CARRYING])
_SUBTRACTED: Final = PairSets([LENDING, EQUAL, BORROWING])
_WEIGHTS: Final = (45, 10, 45)
"""How many pairs each letter stands for."""


class _State(NamedTuple):
    level: int = 0
    moving: bool = False
    chain: int = 0
    unequal: bool = False

    def after(self, letter: int, largest: int) -> "_State":
        if letter == _PASS:
            chain = min(self.chain + 1, largest - 1) if self.moving else 0
            return _State(max(self.level, 1 + chain if self.moving else 0), self.moving, chain, self.unequal)
        moving = letter == _MAKE
        return _State(max(self.level, int(moving)), moving, 0, True)


class _Automaton(NamedTuple):
    following_S3: NDArray[np.int64]
    """(states, 3): the state after each letter; state 0 is the first."""
    below_DS3: NDArray[np.float64]
    """(digits, states, 3): at a digit, the share of the class's questions that take this letter or one before it."""
    size: int
    """How many questions there are in the class."""


def class_counts(digits: int) -> dict[str, int]:
    """Return how many questions of so many digits there are in each class, exactly.

    The S classes are of the 100**digits additions, M and N together of as many subtractions.

    >>> counts = class_counts(11)
    >>> {name: f"{100 * counts[name] / 100**11:.2f} %" for name in ("S1", "S2", "S5", "M3", "N4+")}
    {'S1': '61.65 %', 'S2': '34.20 %', 'S5': '0.03 %', 'M3': '1.61 %', 'N4+': '0.15 %'}
    """
    digits = integer("digits", digits, 1, MAX_DIGITS)
    return {name: _automaton(digits, *parsed_class(name)).size for name in CLASS_NAMES}


def of_class(
    digits: int, difficulty: str, count: int, seed: int = 0, first: int = 0, purpose: str = "class"
) -> Questions:
    """Return ``count`` questions of one difficulty class, all of its questions being equally likely.

    Args:
        digits: of each number, 1 to 20.
        difficulty: the class, such as "S2" or "N4+".
        count: how many.
        seed: 0 to 2**64 - 1.
        first: index of the first question.
        purpose: what the questions are for.

    Raises:
        ValueError: there is no such class, or no question of so many digits is in it.

    >>> set(of_class(6, "M3", 50).difficulties())
    {'M3'}
    """
    kind, level = parsed_class(difficulty)
    automaton = _automaton(integer("digits", digits, 1, MAX_DIGITS), kind, level)
    if not automaton.size:
        possible = [name for name, number in class_counts(digits).items() if number]
        raise ValueError(f"difficulty={difficulty!r}: questions of {digits} digits are {', '.join(possible)}")
    draws = Draws(purpose, seed, integer("first", first, 0), integer("count", count, 0))
    sets = _ADDED if kind == "S" else _SUBTRACTED
    first_ND, second_ND = (np.empty((draws.count, digits), np.uint8) for _ in range(2))
    state_N = np.zeros(draws.count, np.int64)
    for place in range(digits):
        below_N3 = automaton.below_DS3[place, state_N]
        letter_N = (draws.shares(f"class-{kind}{level}-{place}")[:, None] >= below_N3[:, :2]).sum(axis=1)
        number_N = draws.below(f"class-{kind}{level}-pair-{place}", sets.sizes[letter_N])
        column = digits - 1 - place
        first_ND[:, column], second_ND[:, column] = sets.take(letter_N, number_N)
        state_N = automaton.following_S3[state_N, letter_N]
    if kind == "N":
        first_ND, second_ND = second_ND, first_ND
    return Questions(first_ND, second_ND, np.full(draws.count, kind != "S"))


@cache
def _automaton(digits: int, kind: str, level: int) -> _Automaton:
    states = list(_reachable(LARGEST_LEVEL[kind]))
    numbers = {state: number for number, state in enumerate(states)}
    following = [[numbers[state.after(letter, LARGEST_LEVEL[kind])] for letter in range(3)] for state in states]
    ways = [int(_accepted(state, kind, level)) for state in states]
    below = np.ones((digits, len(states), 3))
    for place in reversed(range(digits)):
        taken = [[_WEIGHTS[letter] * ways[after[letter]] for letter in range(3)] for after in following]
        ways = [sum(row) for row in taken]
        for number, row in enumerate(taken):
            if ways[number]:
                # Equal integers give equal quotients: a letter that leads nowhere is never taken.
                below[place, number] = [sum(row[: letter + 1]) / ways[number] for letter in range(3)]
    return _Automaton(np.array(following), below, ways[0])


def _accepted(state: _State, kind: str, level: int) -> bool:
    """Whether a question that ends in this state is of the class; M and N are read as the larger less the smaller."""
    return state.level == level and (kind == "S" or not state.moving) and (kind != "N" or state.unequal)


def _reachable(largest: int) -> Iterator[_State]:
    """Yield the states, the first one first."""
    seen = [_State()]
    for state in seen:
        yield state
        seen += {state.after(letter, largest) for letter in range(3)} - set(seen)
