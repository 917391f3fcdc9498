"""`seqmodel memory`: what a model takes, beside the founding document's formulas and a budget."""

import json
from dataclasses import asdict
from typing import Any

from seqmodel.config import ModelConfig
from seqmodel.finding import find_checkpoint
from seqmodel.memory import MemoryAccount, Precision, memory_account
from seqmodel.memory_budget import byte_count, largest_batch
from seqmodel.memory_examples import EXAMPLES
from seqmodel.memory_formulas import BANDWIDTH, DocumentFormulas
from seqmodel.presets import preset
from seqmodel.quantamaths_names import QUANTAMATHS_VOCABULARY
from seqmodel.table import aligned
from seqmodel.vocabularies import Vocabulary
from seqmodel.vocabulary import IntegerVocabulary

_KINDS = ("training", "inference")

PARTS = {  # what the parts of an account are called
    "weights": "weights",
    "tables": "tables",
    "gradients, as they add to the peak": "gradients",
    "optimiser's moments": "moments",
    "keys and values": "cache",
    "tokens and targets": "rows",
    "logits and loss": "logits",
    "saved for backward": "activations",
    "temporaries": "temporaries",
    "total": "total",
}


def run(
    *,
    name: str,
    file: str | None,
    batch: int,
    length: int | None,
    precision: Precision,
    slots: int | None,
    budget: str,
    measure: bool,
    as_json: bool,
) -> None:
    """Print the account of a preset, or of the model in a checkpoint.

    Args:
        name: Of the preset, where there is no file.
        file: A checkpoint, a folder with one or the name of a packaged model.
        batch: Rows.
        length: Tokens of each; None: the context.
        precision: "float32" or "bfloat16".
        slots: Of the cache in inference; None: one for each row.
        budget: An amount of memory, like "8GB".
        measure: Whether to take the memory too, for this model and for ten others.
        as_json: Print one JSON object.

    Raises:
        ValueError: An argument is impossible.
    """
    config, vocabulary = _model(name, file)
    limit = byte_count(budget)
    options = _options(config, length=length, precision=precision, slots=slots)
    accounts = {kind: memory_account(config, vocabulary, batch=batch, **options[kind]) for kind in _KINDS}
    fitting = {kind: largest_batch(config, vocabulary, budget=limit, **options[kind]) for kind in _KINDS}
    measured = _measured(config, vocabulary, accounts) if measure else {}
    others = _others() if measure else {}
    if as_json:
        print(json.dumps(_as_object(accounts, limit, fitting, measured, others)))
        return
    title = f"{name if file is None else file}: {accounts['training'].parameters:,} parameters"
    print(_as_text(title, accounts, budget, fitting, measured))
    if others:
        print(f"\n{_as_comparison(others)}")


def _model(name: str, file: str | None) -> tuple[ModelConfig, Vocabulary]:
    if file is not None:
        content = find_checkpoint(file)
        return content.config, content.vocabulary
    if name in ("default", "nextint"):
        return preset(name), IntegerVocabulary(end=name == "default")
    return preset(name), QUANTAMATHS_VOCABULARY


def _options(config: ModelConfig, *, length: int | None, precision: Precision, slots: int | None) -> dict[str, Any]:
    """Return the options of `memory_account` for training, and for inference as a loaded model does it."""
    training = {"length": length, "precision": precision}
    inference = {"precision": precision, "training": False, "exact": True}
    if config.attention == "full":
        return {"training": training, "inference": inference | {"length": length, "slots": slots or 0}}
    # What is longer than the window is read into a cache in pieces of the window.
    pieces = None if length is None else min(length, config.context)
    return {"training": training, "inference": inference | {"length": pieces, "slots": slots}}


def _measured(config: ModelConfig, vocabulary: Vocabulary, accounts: dict[str, MemoryAccount]) -> dict[str, int]:
    from seqmodel.memory_measure import measured_peak

    return {kind: measured_peak(config, vocabulary, account) for kind, account in accounts.items()}


def _others() -> dict[str, dict[str, Any]]:
    found = {}
    for example in EXAMPLES:
        accounts = {kind: example.account(training=kind == "training") for kind in _KINDS}
        measured = _measured(example.config, example.vocabulary, accounts)
        found[example.name] = {kind: {"account": accounts[kind].total, "measured": measured[kind]} for kind in _KINDS}
    return found


def _as_object(
    accounts: dict[str, MemoryAccount],
    budget: int,
    fitting: dict[str, int | None],
    measured: dict[str, int],
    others: dict[str, Any],
) -> dict[str, Any]:
    found: dict[str, Any] = {"budget": budget, "bandwidth": BANDWIDTH}
    for kind, account in accounts.items():
        fields = asdict(account)
        document = fields.pop("document") | {"totals": account.document.totals}
        found["document"] = found.get("document", document)
        found[kind] = fields | {
            "activations": account.activations,
            "total": account.total,
            "step_seconds": account.step_seconds(),
            "fits": account.total <= budget,
            "largest_batch": fitting[kind],
        }
        if measured:
            found[kind]["measured"] = measured[kind]
    return found | ({"others": others} if others else {})


def _as_text(
    title: str,
    accounts: dict[str, MemoryAccount],
    budget: str,
    fitting: dict[str, int | None],
    measured: dict[str, int],
) -> str:
    training, inference = (accounts[kind] for kind in _KINDS)
    rows = [["bytes", *_KINDS]]
    for label, part in PARTS.items():
        rows.append([label, *(f"{getattr(account, part):,}" for account in (training, inference))])
        if part == "activations":
            rows.extend([f"  {operator}", f"{size:,}", ""] for operator, size in training.saved.items())
    if measured:
        rows.append(["measured", *(f"{measured[kind]:,}" for kind in _KINDS)])
    times = [f"{1000 * account.step_seconds():,.3f} ms" for account in (training, inference)]
    lines = [
        title,
        f"training: {training.batch:,} rows of {training.length}, {training.precision}, {training.optimiser}",
        f"inference: {inference.batch:,} rows of {inference.length}, {inference.slots:,} slots, exact mode",
        "",
        aligned(rows),
        "",
        aligned(document_rows(training.document)),
        "",
        f"at {document_card()}: {times[0]} a training step, {times[1]} a pass",
    ]
    verdicts = (_verdict(accounts[kind].total <= byte_count(budget), budget, fitting[kind]) for kind in _KINDS)
    return "\n".join([*lines, *(f"{kind} {verdict}" for kind, verdict in zip(_KINDS, verdicts, strict=True))])


def document_card() -> str:
    """Return the limit of the document's card, in words.

    >>> document_card()
    "the 224 GB/s of the founding document's card, were nothing else to limit"
    """
    return f"the {BANDWIDTH / 1e9:g} GB/s of the founding document's card, were nothing else to limit"


def document_rows(document: DocumentFormulas) -> list[list[str]]:
    """Return the document's numbers as the rows of a table."""
    return [
        ["the founding document's formulas", "bytes"],
        ["embedding", f"{document.embedding:,}"],
        ["layers", f"{document.layers:,}"],
        ["batch", f"{document.batch:,}"],
        ["activations, 2-3 x forward", "{:,} - {:,}".format(*document.activations)],
        ["total", "{:,} - {:,}".format(*document.totals)],
    ]


def _verdict(fits: bool, budget: str, largest: int | None) -> str:
    """Say whether an account is within the budget, and how far one could go.

    >>> _verdict(True, "8GB", 25389), _verdict(False, "8GB", None)
    ('fits 8GB: up to 25,389 rows do', 'does not fit 8GB: not even a batch of 1 does')
    """
    if fits:
        return f"fits {budget}: up to {largest:,} rows do"
    if largest is None:
        return f"does not fit {budget}: not even a batch of 1 does"
    return f"does not fit {budget}: the largest batch that fits is {largest:,}"


def _as_comparison(others: dict[str, dict[str, Any]]) -> str:
    rows = [["ten models", *(f"{kind}{column}" for kind in _KINDS for column in ("", " measured", " off"))]]
    for name, found in others.items():
        cells = [name]
        for kind in _KINDS:
            account, measured = found[kind]["account"], found[kind]["measured"]
            cells += [f"{account:,}", f"{measured:,}", f"{account / measured - 1:+.2%}"]
        rows.append(cells)
    return aligned(rows)
