"""What every page begins and ends with: a head that lets nothing be loaded or run, and who wrote it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from derive.notes.page.stylesheet import STYLESHEET
from derive.notes.page.texts import text
from derive.notes.report import REFUTED, VERDICTS, Checked
from derive.notes.reports.findings import of_formula
from derive.notes.reports.text import summary

GENERATOR = "derive check --annotate"
_HASH = base64.b64encode(hashlib.sha256(STYLESHEET.encode()).digest()).decode()

HEAD = """\
<!doctype html>
<html{language}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; \
form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="{generator}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
"""

FOOT = f"""\
<footer lang="en"><p>Written by <code>{GENERATOR}</code>. Proved: for every size and every value. Refuted: there are
numbers at which it fails. Formulas with a dotted line below are read for what names mean.</p></footer>
</body>
</html>
"""


def framed(title: str, language: str, content: str) -> str:
    """A whole page. `language` is that of its text, such as "en", or empty; `content` is HTML."""
    spoken = f' lang="{text(language)}"' if language else ""
    head = HEAD.format(language=spoken, hash=_HASH, generator=GENERATOR, title=text(title), style=STYLESHEET)
    return f"{head}{content}{FOOT}"


def counted(found: Sequence[Checked]) -> dict[str, int]:
    """How many formulas there are of each verdict."""
    return {verdict: sum(each.verdict == verdict for each in found) for verdict in VERDICTS}


def summed(counts: Mapping[str, int]) -> str:
    """The line that says so, in red where something is refuted."""
    kind = "refuted" if counts[REFUTED] else "proved"
    return f'<p class="summary {kind}">{text(summary(dict(counts)))}</p>\n'


def wrongs(found: Sequence[Checked], page: str = "") -> Iterator[str]:
    """What is refuted, an item of a list for each with a link to it; `page` is the file that it is in, if another."""
    for number, checked in enumerate(found, 1):
        if checked.verdict == REFUTED:
            first = next(of_formula(checked))
            code = f" <code>{text(first.code)}</code>" if first.code else ""
            said = text(first.message or "it does not hold")
            yield f'<li><a href="{text(quote(page))}#formula-{number}">{text(first.place)}</a>{code} {said}</li>'
