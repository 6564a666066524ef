"""Splits LaTeX into tokens. Letters stand for themselves, whatever alphabet they are from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.latex.reader.characters import (
    COMBINING,
    PRIMES,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    UNICODE,
    WORD_LETTERS,
    accent_of,
    composed,
)
from derive.latex.reader.errors import Unread

MOST = 10_000
"""Formulas with more tokens are refused."""

LONGEST_NAME = 100
"""Commands, words and primes with more letters are refused."""

LONGEST_NUMBER = 200
"""Numbers with more digits are refused."""


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is command, letter, word, number, sign, text, accent, prime, begin, end,
    row (`\\\\`), cell (`&`) or space.

    `text` is a command without its backslash, or the characters themselves. `start` and `end` are offsets.
    """

    kind: str
    text: str
    start: int
    end: int
    font: str = ""

    def is_command(self, *names: str) -> bool:
        return self.kind == "command" and self.text in names

    def is_sign(self, *signs: str) -> bool:
        return self.kind == "sign" and self.text in signs


WORDS = (
    "log ln exp max min mean sum var Var std Std cov Cov diag sqrt sign sgn tanh softmax argmax argmin mod tr Tr "
    "dout Loss loss rowsum relu ReLU LN BN RMS RMSNorm LayerNorm BatchNorm GroupNorm InstanceNorm Softmax sigmoid"
).split()
"""Words that people write without `\\operatorname`; all other letters stand each for itself."""

_TOKEN = re.compile(
    r"""(?P<blank>(?:<br\s*/?>|[\s~\u00ad\u200b-\u200f\u2060\ufeff]|\\(?:m?kern|[hm]skip)\s*-?[\d.]+\s*[a-z]{2})+)
      | (?P<comment>%[^\n]*)
      | (?P<row>\\\\(?:\*|\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in)\s*\])?|\\newline\b|\\cr\b)
      | \\(?P<frame>begin|end)\s*\{\s*(?P<environment>[a-zA-Z]+)\*?\s*\}
      | \\(?P<command>[a-zA-Z]+)\*?
      | \\(?P<special>.)
      | (?P<dots>\.{2,})
      | (?P<number>(?:\d+(?:(?:\.|\{,\})\d+)?|\.\d+)(?:[eE][-+\u2212]?\d{1,3}(?![\dA-Za-z.]))?)
      | (?P<text>[WORD_LETTERS]+|(?<=[\s~,;])(?:for|if|where|when|otherwise|and|then|else)(?=[\s~]))
      | (?P<prime>['\u2032\u2033\u2034]+)
      | (?P<above>[SUPERSCRIPTS]+)
      | (?P<below>[SUBSCRIPTS]+)
      | &(?P<entity>lt|gt|amp|le|ge|nbsp);
      | (?P<word>(?:(?<![A-Za-z])|(?<=[_^][A-Za-z])|(?<=[A-Z])(?<![A-Za-z\\]{2}))(?:WORDS)(?![A-Za-z]))
      | (?P<cell>&)
      | (?P<any>.)""".replace("WORDS", "|".join(sorted(WORDS, key=len, reverse=True)))
    .replace("SUPERSCRIPTS", "".join(SUPERSCRIPTS))
    .replace("SUBSCRIPTS", "".join(SUBSCRIPTS))
    .replace("WORD_LETTERS", WORD_LETTERS),
    re.VERBOSE | re.DOTALL,
)

SPACES = frozenset(
    (
        ", ; : ! > / - quad qquad enspace enskip hspace thinspace medspace thickspace negthinspace negmedspace hfill "
        "hfil space nobreak nobreakspace null linebreak break newpage"
    ).split()
)
"""Commands that make space, beside a backslash before a blank."""

WIDE = frozenset(("quad", "qquad", "hfill", "enspace"))
"""Spaces that people put between two formulas."""

IGNORED = frozenset(
    (
        "middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm biggm Biggm limits nolimits "
        "displaystyle textstyle scriptstyle scriptscriptstyle nonumber notag mathstrut strut allowbreak relax "
        "ensuremath normalsize small large Large footnotesize scriptsize hline protect boldmath qty quantity "
        "displaylimits noindent centering unboldmath tiny LARGE huge"
    ).split()
)
"""Commands that change how a formula looks, and nothing else."""

_SPECIAL = {"*": "*", "_": "_", "%": "%", "#": "#", "&": "&", "$": "$"}
"""One-character commands that stand for a character."""

_ENTITIES = {"lt": "<", "gt": ">"}
_COMMANDS = {"le": "le", "ge": "ge"}

SKIPPED = frozenset("phantom hphantom vphantom hspace vspace mspace ref eqref cite rule hskip".split())
"""Commands that make space or a reference, with an argument that is nothing to read."""


def tokens(latex: str, offset: int = 0) -> Iterator[Token]:
    """The tokens of LaTeX, without an end. Raises Unread for too many of them, and for control characters."""
    count, at = 0, 0
    latex = composed(latex)
    while at < len(latex):
        match = _TOKEN.match(latex, at)
        if match is None:
            raise Unread("a character that is none", at)
        at = match.end()
        found = [*_tokens(match, offset)]
        if match["command"] in TEXTS:
            text, at = _raw(latex, at)
            found = [Token("text", text, match.start() + offset, at + offset, match["command"])]
            if match["command"] in ROW_TEXTS:
                row = Token("row", "\\\\", match.start() + offset, at + offset)
                found = [row, *found, row]
        elif match["command"] in SKIPPED:
            text, at = _raw(latex, at)
            space = "quad" if _WIDE_SPACE.fullmatch(text) else match["command"]
            found = [Token("space", space, match.start() + offset, at + offset)]
        for token in found:
            count += 1
            if count > MOST:
                raise Unread(f"more than {MOST} tokens", token.start)
            if len(token.text) > LONGEST_NAME and token.kind in ("command", "word", "prime", "begin", "end"):
                raise Unread(f"a name with more than {LONGEST_NAME} letters", token.start, token.end)
            yield token


_WIDE_SPACE = re.compile(r"\s*(?:[1-9]\d*(?:\.\d+)?\s*(?:em|cm)|[1-9]\d+(?:\.\d+)?\s*(?:pt|mm|ex|mu))\s*")

TEXTS = frozenset(
    (
        "text textrm textbf textit textsf texttt textsc textup textmd textnormal mbox hbox operatorname tag label "
        "operatornamewithlimits intertext shortintertext"
    ).split()
)
"""Commands whose argument is text, not mathematics."""

ROW_TEXTS = ("intertext", "shortintertext")
"""Of those, what stands between two rows."""


def _raw(latex: str, at: int) -> tuple[str, int]:
    """The argument in braces that begins at a place, as it is, and where it ends."""
    while at < len(latex) and latex[at] in " \n\t*":
        at += 1
    if latex[at : at + 1] != "{":
        return latex[at : at + 1], at + 1
    depth, start = 0, at + 1
    for place in range(at, len(latex)):
        escaped = latex[place - 1 : place] == "\\"
        depth += 0 if escaped else {"{": 1, "}": -1}.get(latex[place], 0)
        if depth == 0:
            return latex[start:place], place + 1
    raise Unread("a brace that is not closed", at)


def _tokens(match: re.Match, offset: int) -> Iterator[Token]:
    kind, (start, end) = match.lastgroup, match.span()
    text, place = match.group(str(kind)), (start + offset, end + offset)
    if kind in ("blank", "comment"):
        return
    if kind == "environment":
        yield Token(str(match["frame"]), text, *place)
        return
    if kind == "dots":
        yield Token("command", "dots", *place)
    elif kind == "row":
        yield Token("row", "\\\\", *place)
    elif kind == "command":
        if text in SPACES:
            yield Token("space", text, *place)
        elif text not in IGNORED:
            yield Token("command", text, *place)
    elif kind == "special":
        yield from _special(text, place)
    elif kind == "number":
        if len(text) > LONGEST_NUMBER:
            raise Unread(f"a number with more than {LONGEST_NUMBER} digits", *place)
        yield Token(kind, text.replace("{,}", ".").replace("−", "-"), *place)
    elif kind == "prime":
        yield Token(kind, "".join(PRIMES[mark] for mark in text), *place)
    elif kind in ("above", "below"):
        yield from _script(kind, text, place)
    elif kind == "text":
        yield Token(kind, text, *place, "text")
    elif kind == "entity":
        yield from _entity(text, place)
    elif kind in ("cell", "word"):
        yield Token(kind, text, *place)
    else:
        yield from _character(text, place)


def _script(kind: str, text: str, place: tuple[int, int]) -> Iterator[Token]:
    """Small letters and digits above or below the line are one script."""
    table, sign = (SUPERSCRIPTS, "^") if kind == "above" else (SUBSCRIPTS, "_")
    yield Token("sign", sign, *place)
    yield Token("sign", "{", *place)
    for plain in re.findall(r"\d+|.", "".join(table[letter] for letter in text)):
        kinds = "number" if plain[0].isdigit() else "letter" if plain.isalpha() else "sign"
        yield Token(kinds, plain, *place)
    yield Token("sign", "}", *place)


def _entity(text: str, place: tuple[int, int]) -> Iterator[Token]:
    """A character as HTML writes it."""
    if text == "amp":
        yield Token("cell", "&", *place)
    elif text != "nbsp":
        kind, name = ("sign", _ENTITIES[text]) if text in _ENTITIES else ("command", _COMMANDS[text])
        yield Token(kind, name, *place)


def _special(text: str, place: tuple[int, int]) -> Iterator[Token]:
    if text in SPACES or text.isspace():
        yield Token("space", text, *place)
    elif text in "{}|":
        yield Token("sign", f"\\{text}", *place)
    elif text in "()[]":
        return
    elif text in _SPECIAL:
        yield Token("sign", _SPECIAL[text], *place)
    else:
        raise Unread(f"\\{text} is no command that is known here", *place)


def _character(text: str, place: tuple[int, int]) -> Iterator[Token]:
    if text in COMBINING:
        yield Token("accent", COMBINING[text], *place)
    elif text in UNICODE:
        name = UNICODE[text]
        if name == "mathcal_L":
            yield Token("letter", "L", *place)
        elif name == "|":
            yield Token("sign", "\\|", *place)
        else:
            yield Token("command" if name.isalpha() else "sign", name, *place, "wide" if name == "," else "")
    elif (accented := accent_of(text)) is not None:
        yield Token("letter", accented[0], *place)
        yield Token("accent", accented[1], *place)
    elif text.isalpha():
        yield Token("letter", text, *place)
    elif text.isdigit() or not text.isprintable():
        raise Unread(f"the character U+{ord(text):04X} is not read", *place)
    else:
        yield Token("sign", text, *place)
