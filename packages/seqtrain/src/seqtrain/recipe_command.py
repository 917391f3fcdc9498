"""`seqtrain recipe`: print every field of a recipe, to read or to begin one's own from."""

import argparse

from seqtrain.recipe_reference import recipe_reference


def recipe(options: argparse.Namespace) -> int:
    """Print the reference and return the command's exit status."""
    print(recipe_reference(options.section), end="")
    return 0
