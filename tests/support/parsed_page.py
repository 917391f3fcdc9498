"""A page of HTML, taken apart: its tables, its text, and all that it refers to."""

from collections.abc import Mapping
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "hr", "input", "base", "source"}


class ParsedPage(HTMLParser):
    """Take a page apart.

    Attributes:
        tables: Rows of cells by the table's id, the header first.
        tags: Every element's name and attributes, in order.
        text: What stands between the tags, styles left out.
        style: What stands in `<style>`.
        left_open: Elements that were never closed.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.text = ""
        self.style = ""
        self.left_open: list[str] = []
        self._table: list[list[str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.left_open.append(tag)
        if tag == "table":
            self._table = self.tables.setdefault(dict(attrs)["id"] or "", [])
        elif tag == "tr":
            self._table.append([])
        elif tag in ("td", "th"):
            self._table[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.left_open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.left_open[-1] if self.left_open else ""
        if inside == "style":
            self.style += data
            return
        self.text += data
        if inside in ("td", "th"):
            self._table[-1][-1] += data

    def attributes(self, name: str) -> list[str]:
        """Return every value of an attribute, in order."""
        return [value for _, attributes in self.tags if (value := attributes.get(name)) is not None]
