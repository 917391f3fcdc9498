"""Where an analysis lies, and what is read back of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqmodel import write_atomically
from seqtrain.analysis.algorithm import digits_of, joined, kinds_of
from seqtrain.analysis.evidence import Evidence, evidence_of_findings, evidence_of_tags
from seqtrain.analysis.node_file import TaggedNode, read_nodes, write_nodes

BEHAVIORS, FEATURES, DETAILS = "behaviors.json", "features.json", "analysis.json"

LOSSES = "training_loss.json"

PAGE = "analysis.html"


def folder_of(model: str) -> Path:
    """Return where the analysis of a model lies unless another folder is asked for: beside its file.

    Args:
        model: A checkpoint, a folder with one, or the name of a packaged model, whose analysis lies in the current
            folder.
    """
    path = Path(model)
    if path.is_dir():
        return path / "analysis"
    return path.parent / "analysis" if path.exists() else Path(f"{path.name}-analysis")


def training_losses(model: str) -> Path | None:
    """Return the file of training losses beside a model, if there is one."""
    path = Path(model)
    beside = (path if path.is_dir() else path.parent) / LOSSES
    return beside if beside.is_file() else None


@dataclass(frozen=True, kw_only=True)
class Known:
    """Hold what the files of an analysis say.

    Attributes:
        nodes: With the tags of both node files.
        digits: Of each number in the questions.
        kinds: Of questions that the model answers, of "S", "M", "N".
        evidence: Which nodes do what.
        of_trials: Whether the evidence is of our own trials, for each digit of the answer; else it is of tags.
    """

    nodes: list[TaggedNode]
    digits: int
    kinds: str
    evidence: Evidence
    of_trials: bool


def write_analysis(folder: Path, nodes: Sequence[TaggedNode], details: dict[str, Any]) -> None:
    """Write the node files and, beside them, what tags cannot hold; each file whole or not at all.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_nodes(folder / BEHAVIORS, [tagged.behaviors for tagged in nodes])
    write_nodes(folder / FEATURES, [tagged.tasks for tagged in nodes])
    write_atomically(folder / DETAILS, json.dumps(details).encode())


def read_analysis(where: str, digits: int | None = None) -> Known:
    """Read an analysis of ours, or the two published files of a model.

    Args:
        where: A folder with the files, or a model beside which an analysis lies.
        digits: Of each number; None: as the files say.

    Raises:
        OSError: A file cannot be read.
        ValueError: There is no analysis, or a file is damaged.
    """
    folder = Path(where)
    if not (folder / FEATURES).is_file():
        folder = folder_of(where)
    for name in (BEHAVIORS, FEATURES):
        if not (folder / name).is_file():
            raise ValueError(f"{where}: there is no {name} in {folder}; seqtrain analyse writes it")
    nodes = joined(read_nodes(folder / BEHAVIORS), read_nodes(folder / FEATURES))
    details = _read_details(folder / DETAILS)
    if details is None:
        digits = digits_of(nodes) if digits is None else digits
        evidence = evidence_of_tags(nodes, digits)
        return Known(nodes=nodes, digits=digits, kinds=kinds_of(nodes), evidence=evidence, of_trials=False)
    if digits not in (None, details["digits"]):
        raise ValueError(f"digits={digits}: {folder / DETAILS} is of questions of {details['digits']} digits")
    evidence = evidence_of_findings(details["findings"])
    return Known(nodes=nodes, digits=details["digits"], kinds=details["kinds"], evidence=evidence, of_trials=True)


def _read_details(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        details: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        missing = [name for name in ("digits", "kinds", "findings") if name not in details]
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is damaged: {error}; seqtrain analyse writes it anew") from error
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}; seqtrain analyse writes it anew")
    return details
