"""The command `seqmodel`: its options.

Nothing heavy is imported here, so that `--help` answers at once.
"""

import argparse
from collections.abc import Sequence

import seqmodel
from seqmodel.command import Parser, execute, positive


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; `argv` defaults to the process's arguments."""
    arguments = _parser().parse_args(argv)

    def action() -> None:
        if arguments.command == "benchmark":
            from seqmodel.benchmark_command import run as benchmark

            benchmark(threads=arguments.threads, rounds=arguments.rounds, quick=arguments.quick, as_json=arguments.json)
        elif arguments.command == "import":
            from seqmodel.import_command import run as import_

            import_(
                arguments.file,
                name=arguments.name,
                description=arguments.config,
                out=arguments.out,
                as_json=arguments.json,
            )
        elif arguments.command == "export":
            from seqmodel.export_command import run as export

            export(arguments.file, to=arguments.to, out=arguments.out, as_json=arguments.json)
        elif arguments.command == "memory":
            from seqmodel.memory_command import run as memory

            memory(
                name=arguments.preset,
                file=arguments.file,
                batch=arguments.batch,
                length=arguments.length,
                precision=arguments.precision,
                slots=arguments.slots,
                budget=arguments.budget,
                measure=arguments.measure,
                as_json=arguments.json,
            )
        elif arguments.command == "models":
            from seqmodel.models_command import run as models

            models(as_json=arguments.json)
        else:
            from seqmodel.info_command import run as info

            info(arguments.model, as_json=arguments.json)

    return execute("seqmodel", action)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="seqmodel", description=seqmodel.__doc__)
    parser.add_argument("--version", action="version", version=f"seqmodel {seqmodel.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    info = commands.add_parser(
        "info",
        help="describe a checkpoint",
        description="Check a checkpoint and print its configuration, vocabulary and provenance.",
    )
    info.add_argument(
        "model", metavar="MODEL", help="a checkpoint (.safetensors), a folder with one, or a packaged model's name"
    )
    info.add_argument("--json", action="store_true", help="print one JSON object")
    models = commands.add_parser(
        "models",
        help="list the models that come with the package",
        description="List the packaged models: name, parameters, size on the disk and what they do.",
    )
    models.add_argument("--json", action="store_true", help="print one JSON object a line")
    _add_import(commands)
    _add_export(commands)
    _add_memory(commands)
    benchmark = commands.add_parser(
        "benchmark",
        help="measure how fast sequences are read and continued here",
        description="Measure reading and continuing sequences with models of 43 thousand and 0.86 million parameters, "
        "beside HF generate, x-transformers and ONNX Runtime where these are installed, all in one run.",
        epilog="needs nothing but the package; the peers come with: pip install 'seqmodel[benchmark]'",
    )
    benchmark.add_argument(
        "--threads", type=positive, default=1, metavar="N", help="of torch and of ONNX Runtime (default: 1)"
    )
    benchmark.add_argument(
        "--rounds", type=positive, default=15, metavar="N", help="how often all is measured (default: 15)"
    )
    benchmark.add_argument("--quick", action="store_true", help="the small model and small batches alone, 3 rounds")
    benchmark.add_argument("--json", action="store_true", help="print one JSON object, in seconds")
    return parser


def _add_import(commands: "argparse._SubParsersAction[Parser]") -> None:
    importing = commands.add_parser(
        "import",
        help="make a checkpoint from weights under TransformerLens' names",
        description="Make a checkpoint from a published model.pth, of which nothing is run, or from a safetensors file "
        "with TransformerLens' names. What the file does not say is given, not guessed.",
        epilog="example: seqmodel import model.pth --name mix_d11_l3_h4_t80K_s572091 --out model.safetensors",
    )
    importing.add_argument("file", metavar="FILE", help="weights (.pth, or .safetensors)")
    source = importing.add_mutually_exclusive_group(required=True)
    source.add_argument("--name", help="of a published QuantaMaths model: it tells architecture and vocabulary")
    source.add_argument("--config", metavar="JSON", help="a file with both, as `seqmodel info --json` prints them")
    importing.add_argument("--out", required=True, metavar="FILE", help="the checkpoint to write (.safetensors)")
    importing.add_argument("--json", action="store_true", help="print one JSON object")


def _add_export(commands: "argparse._SubParsersAction[Parser]") -> None:
    exporting = commands.add_parser(
        "export",
        help="write a checkpoint's model as ONNX or under TransformerLens' names",
        description="Write a checkpoint's model as an ONNX file, or its weights under TransformerLens' names.",
        epilog="ONNX needs a package more: pip install 'seqmodel[onnx]'",
    )
    exporting.add_argument(
        "file", metavar="MODEL", help="a checkpoint (.safetensors), a folder with one, or a packaged model's name"
    )
    exporting.add_argument("--to", required=True, choices=("onnx", "transformer-lens"), help="what to write")
    exporting.add_argument(
        "--out",
        required=True,
        metavar="FILE",
        help="the file to write; for transformer-lens a state dict of torch.save where it ends in .pth",
    )
    exporting.add_argument("--json", action="store_true", help="print one JSON object")


def _add_memory(commands: "argparse._SubParsersAction[Parser]") -> None:
    memory = commands.add_parser(
        "memory",
        help="say what a model takes in training and in inference",
        description="Count the bytes that a model takes in a training step and in decoding, before any is taken, "
        "beside the founding document's formulas, and say whether they are within a budget.",
        epilog="example: seqmodel memory --preset default --batch 4096 --budget 8GB",
    )
    model = memory.add_mutually_exclusive_group()
    model.add_argument("--preset", default="default", metavar="NAME", help="default, nextint or a QuantaMaths name")
    model.add_argument("--file", metavar="CHECKPOINT", help="a checkpoint, a folder with one, or a packaged model")
    memory.add_argument("--batch", type=positive, default=32, metavar="N", help="rows (default: 32)")
    memory.add_argument("--length", type=positive, metavar="N", help="tokens of each (default: the context)")
    memory.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="of products")
    memory.add_argument("--slots", type=int, metavar="N", help="of the cache, 0 for none (default: one a row)")
    memory.add_argument("--budget", default="8GB", metavar="SIZE", help="like 8GB or 512MiB (default: 8GB)")
    memory.add_argument(
        "--measure", action="store_true", help="take the memory too and compare, here and for ten models"
    )
    memory.add_argument("--json", action="store_true", help="print one JSON object")
