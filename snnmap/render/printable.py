"""Text from files made harmless: nothing in it may move a cursor, recolour a terminal, or become markup."""

import html
import unicodedata

HARMLESS = {"\n", "\t"}


def printable(text: str) -> str:
    r"""`text` with control, format and lone surrogate characters written out, as in `\x1b`; lines stay lines.

    Format characters (Unicode Cf) include those that turn the direction of writing round.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in HARMLESS or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} else _named(c) for c in text)


def one_line(text: str) -> str:
    r"""`text` as one harmless line: line breaks are written out as `\n`."""
    return printable(text).replace("\n", "\\n")


def _named(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def in_markdown(text: str) -> str:
    """`text` as one cell of a Markdown table: no markup, no line break."""
    plain = " ".join(printable(text).split())
    return "".join(f"\\{c}" if c in "\\`*_[]|" else c for c in html.escape(plain, quote=False))
