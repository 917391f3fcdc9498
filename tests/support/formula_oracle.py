"""Evaluate a rule's formula with exact fractions, from its text alone: shares no code with seqgen."""

import ast
import re
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import Any

LAST_PLACE = 255
"""A composition is not read beyond it."""


class _Ends(Exception):  # noqa: N818 (no error: sequences may end)
    """A term is no integer: the sequence has none from here on."""


class _Exact(ast.NodeTransformer):
    """Integers become fractions, so that division is exact; list places become integers."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Call(ast.Name("Fraction", ast.Load()), [node], [])

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        place = ast.Call(ast.Name("int", ast.Load()), [node.slice], [])
        return ast.Subscript(node.value, place, ast.Load())


def evaluate(formula: str, n: int) -> list[int]:
    """Return the first ``n`` terms of the sequence ``a``, fewer where it ends."""
    given: dict[tuple[str, int], str] = {}
    general: dict[str, str] = {}
    for clause in formula.split("; "):
        left, right = clause.split(" = ", 1)
        name, place = re.fullmatch(r"([a-z]\d*)\((n|\d+)\)", left).groups()  # type: ignore[union-attr]
        if place == "n":
            general[name] = right
        else:
            given[name, int(place)] = right
    known: set[tuple[str, int]] = set()
    compiled = {text: _compile(text) for text in [*given.values(), *general.values()]}

    @cache
    def term(name: str, place: int) -> int:
        if not 0 <= place <= LAST_PLACE:
            raise _Ends
        for earlier in range(place):  # a sequence ends at its first term that is no integer
            if (name, earlier) not in known:
                term(name, earlier)
        text = given.get((name, place), general.get(name, ""))
        scope: dict[str, Any] = {letter: named(letter) for letter in general}
        scope |= {"n": Fraction(place), "floor": floor, "ceil": ceil, "Fraction": Fraction}
        value = Fraction(eval(compiled[text], scope))
        if value.denominator != 1:
            raise _Ends
        known.add((name, place))
        return int(value)

    def named(name: str) -> Any:
        return lambda place: term(name, int(place))

    terms = []
    for k in range(n):
        try:
            terms.append(term("a", k))
        except _Ends:
            break
    return terms


def _compile(text: str) -> Any:
    python = text.replace(" mod ", " % ").replace("^", "**")
    python = re.sub(r"(?<![<>!=]) = ", " == ", python)
    tree = _Exact().visit(ast.parse(python, mode="eval"))
    return compile(ast.fix_missing_locations(tree), text, "eval")
