"""A page that is whole in itself: text, tables, pictures and style in one HTML file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path

from seqmodel import write_atomically
from seqtrain.pictures import Picture


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Hold a table's cell: its text, and the class by which `page.css` knows it."""

    text: str
    kind: str = ""


def page(title: str, body: Iterable[str]) -> str:
    """Return the whole page; nothing in it is loaded from elsewhere."""
    style = (files("seqtrain") / "page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def heading(text: str, level: int = 2) -> str:
    """Return a heading."""
    return f"<h{level}>{escape(text)}</h{level}>"


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph; `kind` is a class of `page.css`."""
    return f"<p{_class(kind)}>{escape(text)}</p>"


def tiles(figures: Iterable[tuple[str, str]]) -> str:
    """Return large numbers, each with what it means."""
    inner = "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(meaning)}</span></div>' for value, meaning in figures
    )
    return f'<div class="tiles">{inner}</div>'


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str | Cell]],
    *,
    name: str,
    caption: str = "",
    bold_first: bool = False,
) -> str:
    """Return a table.

    Args:
        header: Of its columns.
        rows: Cells; the first of a row says what the row is about.
        name: By which it can be found in the page.
        caption: What stands in it.
        bold_first: Whether the first row sums up the others.
    """
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    lines = [
        f"<tr{_class('all' if bold_first and not place else '')}>{''.join(map(_cell, row))}</tr>"
        for place, row in enumerate(rows)
    ]
    said = f"<caption><span>{escape(caption)}</span></caption>" if caption else ""
    body = "\n".join(lines)
    return (
        f'<div class="scroll"><table id="{name}">{said}<thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def pictures(shown: Iterable[Picture]) -> str:
    """Return pictures with their captions, two beside each other."""
    figures = "\n".join(
        f'<figure{_class("wide" if picture.wide else "")} role="group" aria-label="{escape(picture.caption)}">'
        f"{picture.svg}<figcaption>{escape(picture.caption)}</figcaption></figure>"
        for picture in shown
    )
    return f'<div class="pictures">\n{figures}\n</div>'


def folded(summary: str, inner: str) -> str:
    """Return what is shown on request."""
    return f"<details><summary>{escape(summary)}</summary>\n{inner}\n</details>"


def preformatted(text: str, name: str) -> str:
    """Return text as it is; `name` finds it in the page."""
    return f'<pre id="{name}">{escape(text)}</pre>'


def write_page(folder: Path, name: str, html: str, shown: Iterable[Picture]) -> Path:
    """Write pictures and page into a folder, which is made; each file whole or not at all, the page last.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for picture in shown:
        write_atomically(folder / f"{picture.name}.png", picture.png)
    path = folder / name
    write_atomically(path, html.encode())
    return path


def _cell(cell: str | Cell) -> str:
    if isinstance(cell, str):
        return f"<td>{escape(cell)}</td>"
    return f"<td{_class(cell.kind)}>{escape(cell.text)}</td>"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
