"""The options of `seqserve bench` and `seqserve load`; nothing heavy is imported to know them."""

from typing import Any

from seqmodel.command import positive
from seqserve.command_options import add_model, add_threads


def add_bench(commands: Any) -> None:
    """Add the command and its options."""
    bench = commands.add_parser(
        "bench",
        help="measure how fast sequences are continued here",
        description="Measure the compiled engine with models of 43 thousand and 0.86 million parameters, beside "
        "seqmodel's torch paths, HF generate, x-transformers and ONNX Runtime where these are installed, in one run.",
        epilog="needs nothing but the package; the peers come with: pip install 'seqmodel[benchmark]'",
    )
    add_threads(bench)
    bench.add_argument(
        "--rounds", type=positive, default=15, metavar="N", help="how often all is measured (default: 15)"
    )
    bench.add_argument("--quick", action="store_true", help="the small model and small batches alone, 3 rounds")
    bench.add_argument("--json", action="store_true", help="print one JSON object, in seconds")


def add_load(commands: Any) -> None:
    """Add the command and its options."""
    load = commands.add_parser(
        "load",
        help="measure how fast the service answers here",
        description="Start the service, and LitServe with the same model where that is installed, and ask both in turn:"
        " one client, 64 clients, and short requests beside long ones. Every answer is compared with the library's.",
        epilog="needs the extra http; LitServe comes with: pip install 'seqserve[http,peers]'",
    )
    add_model(load)
    load.add_argument("--seconds", type=positive, default=3, metavar="S", help="of each work in a round (default: 3)")
    load.add_argument("--rounds", type=positive, default=3, metavar="N", help="how often all is measured (default: 3)")
    load.add_argument("--json", action="store_true", help="print one JSON object, in seconds")
