"""The command `seqmodel`: its options.

Nothing heavy is imported here, so that `--help` answers at once.
"""

import argparse
from collections.abc import Sequence

import seqmodel
from seqmodel.command import Parser, execute


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; `argv` defaults to the process's arguments."""
    arguments = _parser().parse_args(argv)

    def action() -> None:
        from seqmodel.info_command import run

        run(arguments.file, as_json=arguments.json)

    return execute("seqmodel", action)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="seqmodel", description=seqmodel.__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"seqmodel {seqmodel.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    info = commands.add_parser(
        "info",
        help="describe a checkpoint",
        description="Check a checkpoint and print its configuration, vocabulary and provenance.",
        allow_abbrev=False,
    )
    info.add_argument("file", metavar="FILE", help="a checkpoint (.safetensors)")
    info.add_argument("--json", action="store_true", help="print one JSON object")
    return parser
