"""Universes of a few thousand rules, for recipes of tests: `small_universes:steps` and `small_universes:jumps`."""

from seqgen import families

steps = [families.arithmetic(start=range(21), step=range(-3, 4)), families.affine(start=range(21))]
jumps = [families.geometric(), families.runs()]
