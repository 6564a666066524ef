"""Drawings of matplotlib as SVG for a page: colours come from the page, so that it can be light or dark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any

from verify.extras import require

INKS = {"#010101": "ink", "#020202": "faint", "#030303": "bad", **{f"#0404{at:02x}": f"series-{at}" for at in range(6)}}
"""Colours that matplotlib is given, and the variables of the page that take their place."""
INK, FAINT, BAD, *SERIES = INKS
SIZE = (9.6, 3.1)
"""Inches."""

STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": FAINT,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "path.simplify": False,
}


def drawing(name: str, title: str, about: str, draw: Callable[[Any], None]) -> str:
    """What `draw` puts on the axes, as an svg element with a title and a description to be read out.

    `name` keeps the identifiers of several drawings on a page apart. Raises VerifyError where matplotlib is missing.
    """
    matplotlib, figures = require("matplotlib"), require("matplotlib.figure")
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        figure = figures.Figure(figsize=SIZE)
        draw(figure.subplots())
        figure.subplots_adjust(left=0.075, right=0.995, top=0.89, bottom=0.165)  # depths lie below each other
        target = io.StringIO()
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    return _for_page(target.getvalue(), name, title, about)


def _for_page(svg: str, name: str, title: str, about: str) -> str:
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.S)
    svg = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for colour, variable in INKS.items():
        svg = svg.replace(colour, f"var(--{variable})")
    box = re.search(r'viewBox="[^"]*"', svg)
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    labels = f'{spaces} {box.group() if box else ""} role="img" aria-labelledby="{name}-title {name}-about"'
    words = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-about">{escape(about)}</desc>'
    return re.sub(r"<svg[^>]*>", lambda _: f"<svg {labels}>{words}", svg, count=1)
