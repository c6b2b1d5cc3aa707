"""Pieces of a page. Every text passes through `escape`; only what is made here is markup."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from urllib.parse import quote

CSS = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .5rem; }
.sub { color: #666; margin: 0 0 1.2rem; overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; gap: .7rem; }
.tile { border: 1px solid #ddd; border-radius: .5rem; padding: .5rem .9rem; min-width: 7.5rem; }
.tile b { display: block; font-size: 1.35rem; } .tile span { color: #666; font-size: .85rem; }
.note { background: #fff4d6; border-left: 4px solid #e0a800; padding: .5rem .8rem; margin: .8rem 0; }
.plot { width: 100%; height: auto; margin-top: .6rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr)); gap: .8rem; }
figure { margin: 0; } figure img { width: 100%; border-radius: .3rem; } figcaption { color: #666; font-size: .85rem; }
.wide { overflow-x: auto; margin: .6rem 0; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .7rem; border-bottom: 1px solid #e6e6e6; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { color: #666; font-weight: 600; }
tr.total td { font-weight: 600; border-top: 2px solid #bbb; }
p.explain { color: #666; font-size: .85rem; margin: .3rem 0; }
"""
CSS_TOTAL = ' class="total"'


def escape(text: object) -> str:
    """Text as it may stand anywhere in the page, in attributes too."""
    return html.escape(str(text), quote=True)


def page(title: str, subtitle: str, *sections: str) -> str:
    """A whole page."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # nothing is fetched and nothing runs
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head><body>"
        f'<h1>{escape(title)}</h1><p class="sub">{escape(subtitle)}</p>'
        + "\n".join(section for section in sections if section)
        + "</body></html>\n"
    )


def section(heading: str, *content: str, explain: str = "") -> str:
    """A heading with markup below it."""
    words = f'<p class="explain">{escape(explain)}</p>' if explain else ""
    return f"<h2>{escape(heading)}</h2>{words}{''.join(content)}"


def tiles(values: Sequence[tuple[str, str]]) -> str:
    """Large numbers with what they are: pairs of number and caption."""
    boxes = (f'<div class="tile"><b>{escape(value)}</b><span>{escape(name)}</span></div>' for value, name in values)
    return f'<div class="tiles">{"".join(boxes)}</div>'


def notes(sentences: Sequence[str]) -> str:
    """Sentences that must not be overlooked."""
    return "".join(f'<p class="note">{escape(sentence)}</p>' for sentence in sentences)


def plot(svg: str, meaning: str) -> str:
    """A plot; as an image of its own, so that its names do not mix with those of other plots."""
    return f'<img class="plot" alt="{escape(meaning)}" src="{_data("image/svg+xml", svg.encode())}">'


def pictures(shown: Sequence[tuple[str, bytes]]) -> str:
    """JPEG pictures with captions."""
    figures = (
        f'<figure><img alt="{escape(caption)}" src="{_data("image/jpeg", jpeg)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for caption, jpeg in shown
    )
    return f'<div class="pictures">{"".join(figures)}</div>'


def table(header: Sequence[str], rows: Sequence[Sequence[str]], total: bool = False) -> str:
    """A table of markup made by `escape` or `link`; the last row is a total if so said."""
    head = "".join(f"<th>{cell}</th>" for cell in header)
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    last = len(lines) - 1 if total else None
    body = "".join(f"<tr{CSS_TOTAL if k == last else ''}>{line}</tr>" for k, line in enumerate(lines))
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def link(target: str, text: str) -> str:
    """A link to a file beside the page."""
    return f'<a href="{escape(quote(target))}">{escape(text)}</a>'


def number(value: float | None, decimals: int = 1, unit: str = "", scale: float = 1) -> str:
    """A number for people, a dash where there was nothing to measure."""
    return "-" if value is None else f"{scale * value:.{decimals}f}{unit}"


def percent(value: float | None) -> str:
    """A share of 0 to 1 as a percentage."""
    return number(value, 1, " %", 100)


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
