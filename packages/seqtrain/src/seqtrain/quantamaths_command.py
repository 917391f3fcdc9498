"""`seqtrain quantamaths`: train what a published model's name says."""

import argparse
from pathlib import Path

from seqtrain.quantamaths_recipe import quantamaths_tables
from seqtrain.recipe_file import recipe_with
from seqtrain.run_command import train


def quantamaths(options: argparse.Namespace) -> int:
    """Train as the options say and return the command's exit status."""
    tables = quantamaths_tables(options.name, steps=options.steps, grow_from=options.grow_from or "")
    overrides = [*options.overrides, *([f"run.threads={options.threads}"] if options.threads else [])]
    recipe = recipe_with(tables, overrides)
    out = Path(options.out) if options.out else Path("runs") / options.name
    status = train(recipe, out, fresh=options.fresh)
    if options.transformer_lens and (out / "model.safetensors").exists():
        from seqmodel import load_checkpoint, save_transformer_lens_file

        save_transformer_lens_file(out / "model.pth", load_checkpoint(out / "model.safetensors").model)
    return status
