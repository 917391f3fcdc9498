"""Documents whose code blocks are run as a reader would run them: in order, in one folder, shell and Python.

How a fenced block is taken depends on its info string:

- ```` ```console ````: each line that begins with ``$ `` is given to one shell, which lives to the end of the
  document. What stands behind a command is what it must print; ``...`` stands for anything. Where nothing stands
  there, anything may be printed.
- ```` ```python ````: run in one interpreter; with ``>>>`` as a doctest.
- with ``title="own.py"``: the file of that name.
- anything else is only shown.
"""

import doctest
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_FENCE = re.compile(r'^```(?P<language>[a-z]*)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.M | re.S)
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_DONE = "document-block-done"


@dataclass(frozen=True, kw_only=True)
class Block:
    """Hold a fenced block: its language, the file that it is or "", its text and the line it begins at."""

    language: str
    title: str
    text: str
    line: int

    @property
    def runs(self) -> bool:
        """Whether it is more than shown."""
        return bool(self.title) or self.language in ("console", "python")


def blocks_of(document: str) -> list[Block]:
    """Return the fenced blocks of a document in order."""
    return [
        Block(
            language=found["language"],
            title=found["title"] or "",
            text=found["text"],
            line=document.count("\n", 0, found.start()) + 1,
        )
        for found in _FENCE.finditer(document)
    ]


def commands_of(text: str) -> list[tuple[str, str]]:
    r"""Return the commands of a console block, each with what it is to print.

    >>> commands_of("$ echo 1\n1\n$ touch a\n")
    [('echo 1', '1\n'), ('touch a', '')]
    """
    before, *parts = re.split(r"^\$ ", text, flags=re.M)
    assert not before.strip(), f"{before!r} stands before the first command"
    found = []
    for part in parts:
        # A command goes on where its line ends in a backslash.
        command, _, expected = re.sub(r"\\\n\s*", "", part).partition("\n")
        found.append((command.partition("  # ")[0].strip(), expected))
    return found


class DocumentReader:
    """Run a document's blocks in a folder, which is the current one and on Python's path."""

    def __init__(self, folder: Path, *, instead: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._instead = instead or {}
        self._names: dict[str, Any] = {"__name__": "document"}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self._log = (folder / ".errors").open("w+")
        self._shell = subprocess.Popen(
            ["bash"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=folder,
            env={**os.environ, "PATH": path},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What a document leaves running ends with it.
        assert self._shell.stdin is not None
        self._shell.stdin.write("kill $(jobs -p) 2>/dev/null\n")
        self._shell.stdin.close()
        self._shell.wait()
        assert self._shell.stdout is not None
        self._shell.stdout.close()
        self._log.close()

    def run(self, block: Block) -> None:
        """Run one block; AssertionError where it fails or prints something else."""
        text = block.text
        for written, meant in self._instead.items():
            text = text.replace(written, meant)
        if block.title:
            path = self.folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif block.language == "console":
            for command, expected in commands_of(text):
                self._check_command(command, expected, block.line)
        elif block.language == "python":
            self._run_python(text, block.line)

    def _check_command(self, command: str, expected: str, line: int) -> None:
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{command}\nstatus=$?; echo; echo {_DONE} $status\n")
        self._shell.stdin.flush()
        printed = ""
        for got in self._shell.stdout:
            if got.startswith(_DONE):
                break
            printed += got
        printed = printed.removesuffix("\n")  # the one that keeps the mark on a line of its own
        self._log.seek(0)
        assert got == f"{_DONE} 0\n", f"line {line}: {command}\n{printed}{self._log.read()}"
        if expected.strip():
            right = doctest.OutputChecker().check_output(expected, printed, _FLAGS)
            assert right, f"line {line}: {command}\nexpected\n{expected}\ngot\n{printed}"

    def _run_python(self, text: str, line: int) -> None:
        if ">>> " not in text:
            exec(compile(textwrap.dedent(text), f"line {line}", "exec"), self._names)  # noqa: S102
            return
        examples = doctest.DocTestParser().get_doctest(text, self._names, f"line {line}", None, line)
        said: list[str] = []
        runner = doctest.DocTestRunner(optionflags=_FLAGS)
        outcome = runner.run(examples, out=said.append, clear_globs=False)
        self._names.update(examples.globs)
        assert not outcome.failed, "".join(said)
