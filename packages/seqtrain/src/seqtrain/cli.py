"""The command `seqtrain`: its options, and what becomes of an error.

Nothing heavy is imported before the arguments are understood, so that `--help` answers at once.
"""

import argparse
import sys
from collections.abc import Sequence

import seqtrain
from seqmodel.command import Parser, execute, natural, positive
from seqtrain.analysis.options import add_analysis
from seqtrain.benchmark_options import add_benchmark
from seqtrain.growth_options import add_growth


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; `argv` defaults to the process's arguments."""
    options = _parser().parse_args(argv)

    def action() -> int:
        # A recipe may name a universe of one's own in a module of the current folder.
        if "" not in sys.path:
            sys.path.insert(0, "")
        if options.command == "run":
            from seqtrain.run_command import run as command
        elif options.command == "report":
            from seqtrain.report_command import report as command
        elif options.command == "compare":
            from seqtrain.compare_command import compare as command
        elif options.command == "recipe":
            from seqtrain.recipe_command import recipe as command
        elif options.command == "estimate":
            from seqtrain.estimate_command import estimate as command
        elif options.command == "growth":
            from seqtrain.growth_command import growth as command
        elif options.command == "study":
            from seqtrain.study_command import study as command
        elif options.command == "quantamaths":
            from seqtrain.quantamaths_command import quantamaths as command
        elif options.command == "analyse":
            from seqtrain.analysis.analyse_command import run as command
        elif options.command == "algorithm":
            from seqtrain.analysis.algorithm_command import algorithm as command
        elif options.command == "benchmark":
            from seqtrain.benchmark_command import run as command
        elif options.command == "benchmark-step":
            from seqtrain.benchmark_step_command import run as command
        else:
            from seqtrain.evaluate_command import evaluate as command
        return command(options)

    return execute("seqtrain", action, kept="what was saved before is whole")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="seqtrain", description=seqtrain.__doc__)
    parser.add_argument("--version", action="version", version=f"seqtrain {seqtrain.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="train a model by a recipe",
        description="Train a model by a recipe, or go on with a run that was stopped. "
        "Ctrl-C ends training in order and keeps the best weights; a second one leaves at once.",
        epilog="example: seqtrain run recipes/demo.toml --set budget.max_minutes=1",
    )
    run.add_argument("recipe", metavar="RECIPE.toml", help="what to do")
    run.add_argument("--out", metavar="DIR", help="the run's folder (default: runs/RECIPE)")
    _add_recipe_options(run)
    _add_memory_option(run, "refuse a run that takes more")
    run.add_argument("--fresh", action="store_true", help="remove the run that the folder holds, and start over")

    estimate = commands.add_parser(
        "estimate",
        help="say what a recipe's run takes, before it takes it",
        description="Say what a recipe's run takes of the memory, beside the formulas of the founding document; "
        "whether that is within a budget, and with which batch it would be; and how long a step takes at least.",
        epilog="example: seqtrain estimate recipes/default.toml --memory 2GB --set data.batch=1024",
    )
    estimate.add_argument("recipe", metavar="RECIPE.toml", help="what would be done")
    _add_recipe_options(estimate)
    _add_memory_option(estimate, "the budget (default: the recipe's, or 8GB)")
    estimate.add_argument("--json", action="store_true", help="write JSON instead of tables")

    _add_recipe_options(add_growth(commands))

    evaluate = commands.add_parser(
        "evaluate",
        help="measure a trained model on fresh rows",
        description="Measure a trained model on fresh rows of its recipe's final mixture, beside "
        "what is possible at all and rules that need no training. A model that answers questions of arithmetic is "
        "asked uniform ones, enriched ones, those of every class and of every pattern of carries and borrows.",
        epilog="example: seqtrain evaluate default --rows 100000 --families",
    )
    evaluate.add_argument("model", metavar="MODEL", help="a checkpoint, a folder with one, or a packaged model's name")
    evaluate.add_argument(
        "--rows",
        type=positive,
        metavar="N",
        help="how many rows (default: the recipe's validation.final_rows); of questions: how many uniform ones of each "
        "operation (default: 100000)",
    )
    evaluate.add_argument("--families", action="store_true", help="show figures of every family of rules, too")
    _add_question_counts(evaluate)
    evaluate.add_argument("--threads", type=positive, metavar="N", help="CPU threads (default: by the model's size)")
    evaluate.add_argument("--json", action="store_true", help="write JSON instead of a table")

    report = commands.add_parser(
        "report",
        help="write a page about a run",
        description="Write one page about a run: curves, figures beside the exact ceiling, answers that went "
        "wrong, memory, recipe. The run may still be going on.",
        epilog="example: seqtrain report runs/demo",
    )
    report.add_argument("run", metavar="RUN", help="the run's folder")
    _add_page_options(report, "the folder of the page and its pictures (default: RUN/report)")

    compare = commands.add_parser(
        "compare",
        help="lay runs side by side in a page",
        description="Write one page about several runs: their curves and figures side by side, and what "
        "differs in their recipes.",
        epilog="example: seqtrain compare runs/demo runs/wider --out wider-or-not",
    )
    compare.add_argument("runs", nargs="+", metavar="RUN", help="the runs' folders, two or more")
    _add_page_options(compare, "the folder of the page and its pictures (default: comparison)")

    study = commands.add_parser(
        "study",
        help="train every recipe of a folder, or every option of a study, and compare the runs",
        description="Train every recipe of a folder, in the order of their names, and write one page that lays the "
        "runs side by side; or train every option of a file that varies the decisions of a recipe one at a time, and "
        "write a table, a picture and a paragraph of each decision. The same command goes on where it was stopped; a "
        "finished run is not trained again.",
        epilog="examples: seqtrain study recipes/nextint; seqtrain study studies/design.toml",
    )
    study.add_argument("folder", metavar="STUDY", help="a folder of recipes *.toml, or the file of a study")
    _add_recipe_options(study)
    _add_page_options(study, "the folder of the runs and of their page (default: runs/STUDY)")

    reference = commands.add_parser(
        "recipe",
        help="print every field of a recipe with its default and meaning",
        description="Print the default recipe with a comment above every field: to read, or to begin your own from.",
        epilog="example: seqtrain recipe > mine.toml",
    )
    reference.add_argument("section", nargs="?", metavar="SECTION", help="one section alone, such as loss")
    _add_quantamaths(commands)
    add_analysis(commands)
    add_benchmark(commands)
    _add_benchmark_step(commands)
    return parser


def _add_question_counts(evaluate: argparse.ArgumentParser) -> None:
    counts = evaluate.add_argument_group("a model that answers questions")
    for option, what in (
        ("--enriched", "questions of each rare sort, such as with runs of nines (default: 10000)"),
        ("--each-class", "questions of each class of difficulty (default: 2000)"),
        ("--each-pattern", "questions of each pattern of carries, and of borrows with either sign (default: 50)"),
        ("--seed", "of what is drawn (default: 0)"),
    ):
        counts.add_argument(option, type=natural, metavar="N", help=what)


def _add_quantamaths(commands: "argparse._SubParsersAction[Parser]") -> None:
    command = commands.add_parser(
        "quantamaths",
        help="train what a published QuantaMaths model's name says",
        description="Train the model that a published QuantaMaths name stands for, with the published "
        "hyper-parameters, and evaluate it. The run's folder also gets `training_loss.json`, the loss of every step.",
        epilog="example: seqtrain quantamaths add_d5_l1_h3_t30K_s372001 --steps 300",
    )
    command.add_argument("name", metavar="NAME", help="such as mix_d6_l3_h4_t40K_s372001")
    command.add_argument("--steps", type=positive, metavar="N", help="training steps (default: what the name says)")
    command.add_argument(
        "--from",
        dest="grow_from",
        metavar="MODEL",
        help="the smaller model that ins1, ins2 or ins3 begins with: a checkpoint, or a folder with one",
    )
    command.add_argument("--out", metavar="DIR", help="the run's folder (default: runs/NAME)")
    _add_recipe_options(command)
    command.add_argument(
        "--transformer-lens", action="store_true", help="write the weights under TransformerLens' names, too: model.pth"
    )
    command.add_argument("--fresh", action="store_true", help="remove the run that the folder holds, and start over")


def _add_benchmark_step(commands: "argparse._SubParsersAction[Parser]") -> None:
    benchmark = commands.add_parser(
        "benchmark-step",
        help="measure how long a training step takes here",
        description="Measure training steps of the founding document's model and of the default one, beside HF "
        "Trainer and Lightning where these are installed, a bare hand-written loop and one written as nanoGPT's, "
        "all in one run: the same weights, the same rows, the losses compared.",
        epilog="needs nothing but the package; the peers come with: pip install 'seqtrain[benchmark]'",
    )
    benchmark.add_argument("--threads", type=positive, default=1, metavar="N", help="of torch (default: 1)")
    benchmark.add_argument(
        "--rounds", type=positive, default=9, metavar="N", help="how often all is measured (default: 9)"
    )
    benchmark.add_argument("--quick", action="store_true", help="the document's model alone, 2 rounds")
    benchmark.add_argument("--json", action="store_true", help="print one JSON object, in seconds")


def _add_recipe_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="SECTION.FIELD=VALUE",
        help="change a field of the recipe; may be given several times",
    )
    command.add_argument(
        "--threads",
        type=positive,
        metavar="N",
        help="processor threads (default: the recipe's run.threads)",
    )


def _add_memory_option(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--memory", metavar="SIZE", help=f"{what}: an amount like 8GB or 512MiB")


def _add_page_options(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--out", metavar="DIR", help=what)
    command.add_argument(
        "--rows",
        type=positive,
        metavar="N",
        help="how many fresh rows the model is asked about (default: 10000; the file of a study says it itself)",
    )
    command.add_argument(
        "--json", action="store_true", help="print the figures as JSON; the page is written all the same"
    )
