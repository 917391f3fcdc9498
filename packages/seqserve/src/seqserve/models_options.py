"""The options of `seqserve models`; nothing heavy is imported to know them."""

from typing import Any


def add_models(commands: Any) -> None:
    """Add the command and its options."""
    models = commands.add_parser(
        "models",
        help="list the packaged models",
        description="List the models that come with the package: what they read, how large they are, and the figures "
        "of their cards.",
        epilog="example: seqserve predict --model default 2 4 6 8",
    )
    models.add_argument("--json", action="store_true", help="print one JSON object a line")
