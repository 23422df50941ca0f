"""Blocks of code in the project's pages, and how what they show is held against what is printed.

A page shows what varies, such as times and paths, as ``…``: within a line it stands for any text, a
line of its own for any number of lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

LEFT_OUT = "…"


@dataclass(frozen=True)
class Block:
    """A block of code: its language ("" if it names none), text, and first line in the page."""

    language: str
    text: str
    line: int

    def commands(self) -> Iterator[tuple[str, str]]:
        """Each command of a block ``console``, and what the page says that it prints.

        A command goes on in the next line where its line ends with a backslash.
        """
        parts = re.split(r"^\$ ((?:.*\\\n)*.*)\n?", self.text, flags=re.MULTILINE)
        if parts[0] or len(parts) == 1:
            raise ValueError(f"line {self.line}: a block `console` begins with `$ ` and a command")
        yield from zip(parts[1::2], parts[2::2], strict=True)


def blocks(path: Path) -> list[Block]:
    """All blocks of code of a page in their order, fenced or indented, also within lists."""
    tokens = MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8"))
    return [
        Block(token.info.strip(), token.content, token.map[0] + 1)
        for token in tokens
        if token.type in ("fence", "code_block") and token.map
    ]


def matches(expected: str, printed: str) -> bool:
    """Whether a text was printed, in which ``…`` stands for any text or for any lines.

    Spaces at the ends of lines do not count, nor do empty lines at both ends.
    """
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == LEFT_OUT else ".*".join(map(re.escape, parts)) + r"\n"
        for line in _lines(expected)
        for parts in [line.split(LEFT_OUT)]
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(printed))) is not None


def _lines(text: str) -> list[str]:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n").splitlines()
