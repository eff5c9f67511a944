"""Text from files is harmless on a terminal and in Markdown."""

import pytest

from snnmap.render.markdown import Table
from snnmap.render.printable import in_markdown, one_line, printable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mnist-mlp", "mnist-mlp"),
        ("größe α", "größe α"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("bell\x07 back\x08 return\r", r"bell\x07 back\x08 return\x0d"),
        ("\x9b2J", r"\x9b2J"),
        ("abc\u202edef", r"abc\u202edef"),
        ("\U000e0001", r"\U000e0001"),
        ("none\udcff.json", r"none\udcff.json"),
    ],
)
def test_control_characters_are_written_out(text, expected):
    assert printable(text) == expected
    printable(text).encode()
    assert one_line(text) == expected.replace("\n", "\\n")


def test_a_cell_of_a_markdown_table_is_no_markup():
    assert in_markdown("a|b\n<script>*x*</script> [y](z) `c`\x1b") == (
        r"a\|b &lt;script&gt;\*x\*&lt;/script&gt; \[y\](z) \`c\` \x1b".replace(" \\x1b", "\\\\x1b")
    )
    table = Table(("a|b", "c"), [("1|2", "x\ny")]).markdown()
    assert table.splitlines() == [r"| a\|b | c |", "| --- | ---: |", r"| 1\|2 | x y |"]
