"""What the documents tell a reader to do works, word for word, in the order in which it stands there."""

import re
import shutil
import socket
import sys
from pathlib import Path

import pytest
from document_blocks import Block, DocumentReader, blocks_of

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
PAGES = [ROOT / "README.md", ROOT / "docs" / "ceiling.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
FEWER_STEPS = {"steps = 400": "steps = 20", "every = 100": "every = 10", "rows = 2000": "rows = 200"}
"""A reader trains a model that knows something; the test, one that answers."""


@pytest.fixture
def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def reader(tmp_path, monkeypatch, free_port):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)
    with DocumentReader(tmp_path, instead={"8000": str(free_port), **FEWER_STEPS}) as reader:
        yield reader
    for name in set(sys.modules) - known:  # modules that the document wrote
        if (tmp_path / f"{name}.py").exists():
            del sys.modules[name]


def run_all(reader: DocumentReader, document: Path) -> None:
    blocks = [block for block in blocks_of(document.read_text(encoding="utf-8")) if block.runs]
    assert blocks
    for block in blocks:
        reader.run(block)


@pytest.mark.skipif(not shutil.which("curl"), reason="the tutorial asks the service with curl")
def test_every_block_of_the_tutorial_runs(reader):
    run_all(reader, TUTORIAL)


def test_the_tutorial_shows_nothing_that_is_not_run_but_what_is_printed():
    assert {block.language for block in blocks_of(TUTORIAL.read_text(encoding="utf-8")) if not block.runs} <= {"text"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_of_a_page_runs(reader, page):
    run_all(reader, page)


def test_the_tutorials_family_is_that_of_the_example():
    (written,) = (block for block in blocks_of(TUTORIAL.read_text(encoding="utf-8")) if block.title == "own.py")
    assert written.text == (ROOT / "examples" / "pipeline" / "own.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/*/*.md")]))
def test_what_a_document_links_to_is_there(document):
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        assert ":" in target or (document.parent / target).exists(), target


def block(language: str, text: str, title: str = "") -> Block:
    return Block(language=language, title=title, text=text, line=1)


@pytest.mark.parametrize(
    "wrong",
    [
        block("console", "$ false\n"),
        block("console", "$ echo 2\n1\n"),
        block("python", "assert 1 == 2\n"),
        block("python", ">>> 1 + 1\n3\n"),
    ],
    ids=lambda wrong: wrong.text,
)
def test_a_block_that_does_not_hold_is_noticed(tmp_path, wrong):
    with DocumentReader(tmp_path) as reader, pytest.raises(AssertionError):
        reader.run(wrong)


def test_blocks_share_a_folder_a_shell_and_an_interpreter(tmp_path):
    with DocumentReader(tmp_path, instead={"cold": "warm"}) as reader:
        reader.run(block("text", "cold", title="weather.txt"))
        reader.run(
            block(
                "console", "$ today=$(cat weather.txt)  # what it is like\n$ echo today \\\n      $today\ntoday warm\n"
            )
        )
        reader.run(block("python", "answer = 42\n"))
        reader.run(block("python", ">>> answer\n42\n"))
