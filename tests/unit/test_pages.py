"""Blocks of code are found in pages, and what they show is held against what is printed."""

import pytest
from pages import Block, blocks, matches

PAGE = """\
# A page

```yaml
seeds: 5
```

1. In a list:

   ~~~console
   $ echo a \\
       b
   a b
   $ true
   ~~~

Text.

    indented

````text
```python
no block of its own
```
````
"""


def test_blocks_have_language_text_and_line(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    assert blocks(page) == [
        Block("yaml", "seeds: 5\n", 3),
        Block("console", "$ echo a \\\n    b\na b\n$ true\n", 9),
        Block("", "indented\n", 18),
        Block("text", "```python\nno block of its own\n```\n", 20),
    ]


def test_commands_have_what_they_print():
    block = Block("console", "$ echo a \\\n    b\na b\n$ true\n$ printf '$ \\n5 $'\n$\n5 $\n", 1)
    assert list(block.commands()) == [
        ("echo a \\\n    b", "a b\n"),
        ("true", ""),
        ("printf '$ \\n5 $'", "$\n5 $\n"),
    ]


@pytest.mark.parametrize("text", ["", "a b\n", "a b\n$ echo a b\n"])
def test_a_console_begins_with_a_command(text):
    with pytest.raises(ValueError, match=r"^line 7: .* begins with"):
        list(Block("console", text, 7).commands())


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("", ""),
        ("", "\n"),
        ("a.b\n", "a.b"),
        ("a\nb\n", "\na  \nb\n\n"),
        ("took … s", "took 3.2 s"),
        ("took … s of …", "took 3 s of 5 s"),
        ("a\n…\nz", "a\nz"),
        ("a\n…\nz", "a\nb\n\nc\nz"),
        ("…", ""),
        ("…", "a\nb"),
        ("a\n…", "a\nb\nc"),
        ("…\nm\n…\nz", "a\nm\nm\nz"),
        ("  …\nz", "z"),
        ("a\n\nb", "a\n\nb"),
    ],
)
def test_what_was_printed_matches(expected, printed):
    assert matches(expected, printed)


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("", "a"),
        ("a", ""),
        ("a.b", "axb"),
        ("a", "a\nb"),
        ("a\nb", "a"),
        ("a", " a"),
        ("a\nb", "a\n\nb"),
        ("took … s", "took 3\ns"),
        ("took … s", "took 3 m"),
        ("a\n…\nz", "a\nb"),
        ("a\n…\nm\n…\nz", "a\nb\nz"),
        ("a…\nz", "a\nb\nz"),
    ],
)
def test_what_was_not_printed_does_not(expected, printed):
    assert not matches(expected, printed)
