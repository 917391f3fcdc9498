"""Predictors that are not models of ours: a Python function, or a command that reads and writes JSON Lines.

Either is given sequences and answers each with its next term: an integer, or None where the sequence leaves the range.
"""

import importlib
import json
import operator
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from seqmodel import IntegerVocabulary
from seqtrain.predictions import Predictions, Predictor
from seqtrain.protocols import IGNORE, Batches

Answerer = Callable[[list[list[int]]], Sequence[int | None]]
"""Give each sequence's next term, or None."""

_BYTES_AN_ANSWER = 200
"""What a command may write for each sequence; more than that is no answer."""

_SECONDS_BETWEEN_LOOKS = 0.05


def answering_predictor(answer: Answerer, vocabulary: IntegerVocabulary) -> Predictor:
    """Return who answers as a predictor without probabilities; equal prefixes are asked about once.

    None and integers outside the range count as END. Where a distance is asked for, the nearest integer of the range
    counts; for None the last term.
    """

    def predict(batches: Batches) -> Predictions:
        tokens, targets = (each.reshape(-1, each.shape[-1]) for each in (batches.inputs, batches.targets))
        asked: dict[tuple[int, ...], list[tuple[int, int]]] = {}
        for row, column in zip(*np.nonzero(targets != IGNORE), strict=True):
            prefix = tuple((tokens[row, : column + 1] + vocabulary.low).tolist())
            asked.setdefault(prefix, []).append((row, column))
        answers = answer([list(prefix) for prefix in asked])
        classes, integers = np.zeros_like(tokens), np.zeros_like(tokens)
        end = vocabulary.size if vocabulary.end_token is None else vocabulary.end_token
        for (prefix, places), said in zip(asked.items(), answers, strict=True):
            term = prefix[-1] if said is None else min(max(said, vocabulary.low), vocabulary.high)
            for place in places:
                integers[place] = term - vocabulary.low
                classes[place] = integers[place] if said == term else end
        return Predictions(classes=classes.ravel(), integers=integers.ravel(), log_losses=np.full(classes.size, np.nan))

    return predict


def function_answers(name: str) -> Answerer:
    """Return the answers of `module:function`, which takes a list of sequences and returns a list of next terms.

    Raises:
        ValueError: There is no such module or function; later, that it raised, or answered with something else.
    """
    module, _, attribute = name.partition(":")
    try:
        function = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"predictor {name!r}: {error}; give a checkpoint, module:function or a command") from error

    def answer(sequences: list[list[int]]) -> list[int | None]:
        try:
            said = list(function(sequences))
        except Exception as error:
            raise ValueError(f"predictor {name!r} failed: {type(error).__name__}: {error}") from error
        if len(said) != len(sequences):
            raise ValueError(f"predictor {name!r} gave {len(said)} answers to {len(sequences)} sequences")
        return [_term(value, f"predictor {name!r}, answer {place}") for place, value in enumerate(said)]

    return answer


def command_answers(command: str, *, timeout: float) -> Answerer:
    """Return the answers of a command, started anew for some thousand sequences each time.

    It reads lines `{"id": 0, "terms": [1, 2, 3]}` and writes, in any order, a line `{"id": 0, "next": 4}` for each;
    null is END. It has `timeout` seconds for all of them, and then ends by itself with status 0.

    Raises:
        ValueError: The command is not there; later, that it failed, was late, or answered wrongly.
    """
    words = shlex.split(command)

    def answer(sequences: list[list[int]]) -> list[int | None]:
        with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told:
            for place, terms in enumerate(sequences):
                asked.write(json.dumps({"id": place, "terms": terms}).encode() + b"\n")
            asked.seek(0)
            try:
                process = subprocess.Popen(words, stdin=asked, stdout=said, stderr=told, start_new_session=True)  # noqa: S603 (it is what the user asks for)
            except OSError as error:
                raise ValueError(f"predictor {command!r} cannot be started: {error.strerror}") from error
            most = _BYTES_AN_ANSWER * len(sequences)
            trouble = _wait(process, said, timeout=timeout, most=most)
            if trouble:
                raise ValueError(f"predictor {command!r} {trouble}{_last_words(told)}")
            said.seek(0)
            return _answers(said, len(sequences), command)

    return answer


def _wait(process: "subprocess.Popen[bytes]", said: BinaryIO, *, timeout: float, most: int) -> str:
    """Wait for its end and return what is wrong with it; nothing that it started stays behind."""
    until = time.monotonic() + timeout
    try:
        while process.poll() is None:
            if time.monotonic() > until:
                return f"was not done after {timeout:g} s"
            if os.fstat(said.fileno()).st_size > most:
                break
            with suppress(subprocess.TimeoutExpired):
                process.wait(_SECONDS_BETWEEN_LOOKS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
    if os.fstat(said.fileno()).st_size > most:
        return f"wrote more than {most:,} bytes, {_BYTES_AN_ANSWER} for each sequence"
    return f"ended with status {status}" if status else ""


def _last_words(told: BinaryIO) -> str:
    told.seek(max(0, told.seek(0, os.SEEK_END) - 1000))
    lines = told.read().decode(errors="replace").split("\n")
    spoken = [line.strip() for line in lines if line.strip()]
    return f": {spoken[-1]}" if spoken else ""


def _answers(said: Iterator[bytes], count: int, command: str) -> list[int | None]:
    found: dict[int, int | None] = {}
    for number, line in enumerate(said, 1):
        where = f"predictor {command!r}, line {number} of its answers"
        try:
            value = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{where}: {line[:80]!r} is no JSON") from error
        if not isinstance(value, dict) or not {"id", "next"} <= value.keys():
            raise ValueError(f'{where}: {line[:80]!r} is no object like {{"id": 0, "next": 4}}')
        place = value["id"]
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < count:
            raise ValueError(f"{where}: id is {place!r}; give one of those read, 0 to {count - 1}")
        if place in found:
            raise ValueError(f"{where}: id {place} was answered before")
        found[place] = _term(value["next"], where)
    if len(found) < count:
        missing = next(place for place in range(count) if place not in found)
        raise ValueError(f"predictor {command!r} answered {len(found)} of {count} sequences: id {missing} is missing")
    return [found[place] for place in range(count)]


def _term(value: Any, where: str) -> int | None:
    if value is None:
        return None
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise ValueError(f"{where}: {value!r} is no next term; give an integer, or null for END") from None


def is_function(name: str) -> bool:
    """Return whether a predictor's name is that of a Python function and not of a file.

    >>> is_function("solvers:guess"), is_function("./solve --fast"), is_function("runs/a:b/model.safetensors")
    (True, False, False)
    """
    module, colon, function = name.partition(":")
    parts = [*module.split("."), function]
    return bool(colon) and all(part.isidentifier() for part in parts) and not Path(name).exists()
