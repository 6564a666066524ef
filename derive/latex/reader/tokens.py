"""Splits LaTeX into tokens. Letters stand for themselves, whatever alphabet they are from."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

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


class Token(NamedTuple):
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

    def at(self, start: int, end: int) -> Token:
        """The same at another place."""
        return Token(self.kind, self.text, start, end, self.font)


KIND, TEXT = attrgetter("kind"), attrgetter("text")
"""What tokens are asked for many at a time."""

WORDS = (
    "log ln exp max min mean sum var Var std Std cov Cov diag sqrt sign sgn tanh softmax argmax argmin mod tr Tr "
    "dout Loss loss rowsum relu ReLU LN BN RMS RMSNorm LayerNorm BatchNorm GroupNorm InstanceNorm Softmax sigmoid"
).split()
"""Words that people write without `\\operatorname`; all other letters stand each for itself."""

_TOKEN = re.compile(
    r"""(?P<plain>[-+=(){}_^,|/:;\[\]]|[A-Za-z](?![A-Za-z]))
      | (?P<blank>(?:<br\s*/?>|[\s~\u00ad\u200b-\u200f\u2060\ufeff]|\\(?:m?kern|[hm]skip)\s*-?[\d.]+\s*[a-z]{2})+)
      | (?P<comment>%[^\n]*)
      | (?P<row>\\\\(?:\*|\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in)\s*\])?|\\newline\b|\\cr\b)
      | \\begin\s*\{\s*(?P<begin>[a-zA-Z]+)\*?\s*\}
      | \\end\s*\{\s*(?P<end>[a-zA-Z]+)\*?\s*\}
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

SKIPPED = frozenset("phantom hphantom vphantom hspace vspace mspace ref eqref cite rule hskip".split())
"""Commands that make space or a reference, with an argument that is nothing to read."""


def tokens(latex: str, offset: int = 0) -> list[Token]:
    """The tokens of LaTeX. Raises Unread for too many of them, and for control characters."""
    found: list[Token] = []
    at, latex = 0, composed(latex)
    while (match := _TOKEN.match(latex, at)) is not None:
        start, at = match.start() + offset, match.end()
        kind = match.lastgroup or ""
        text = match[kind]
        if kind == "command" and text in _RAW:
            argument, at = _raw(latex, at, offset)
            found += _with_argument(text, argument, start, at + offset)
        else:
            try:
                for own, said, font in _READ[kind](text):
                    found.append(Token(own, said, start, at + offset, font))
            except _Foreign as error:
                raise Unread(str(error), start, at + offset) from None
        if len(found) > MOST:
            raise Unread(f"more than {MOST} tokens", found[MOST].start)
    return found


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

_RAW = TEXTS | SKIPPED


def _with_argument(command: str, argument: str, start: int, end: int) -> list[Token]:
    """A command whose argument is no mathematics."""
    if command in SKIPPED:
        return [Token("space", "quad" if _WIDE_SPACE.fullmatch(argument) else command, start, end)]
    text, row = Token("text", argument, start, end, command), Token("row", "\\\\", start, end)
    return [row, text, row] if command in ROW_TEXTS else [text]


def _raw(latex: str, at: int, offset: int) -> tuple[str, int]:
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
    raise Unread("a brace that is not closed", at + offset)


class _Foreign(Exception):
    """What is wrong with a part of the text that is no token."""


_Said = tuple[tuple[str, str, str], ...]
"""The kind, the text and the font of each token that is meant."""


def _named(kind: str) -> Callable[[str], _Said]:
    def read(text: str) -> _Said:
        if len(text) > LONGEST_NAME:
            raise _Foreign(f"a name with more than {LONGEST_NAME} letters")
        return ((kind, text, ""),)

    return read


def _command(text: str) -> _Said:
    if text in SPACES:
        return (("space", text, ""),)
    return () if text in IGNORED else _named_command(text)


_named_command, _named_prime = _named("command"), _named("prime")


def _number(text: str) -> _Said:
    if len(text) > LONGEST_NUMBER:
        raise _Foreign(f"a number with more than {LONGEST_NUMBER} digits")
    return (("number", text.replace("{,}", ".").replace("−", "-"), ""),)


def _prime(text: str) -> _Said:
    return _named_prime("".join(PRIMES[mark] for mark in text))


def _script(sign: str, table: dict[str, str], text: str) -> _Said:
    """Small letters and digits above or below the line are one script."""
    plain = re.findall(r"\d+|.", "".join(table[letter] for letter in text))
    kinds = ("number" if each[0].isdigit() else "letter" if each.isalpha() else "sign" for each in plain)
    inside = ((kind, each, "") for kind, each in zip(kinds, plain, strict=True))
    return (("sign", sign, ""), ("sign", "{", ""), *inside, ("sign", "}", ""))


_ENTITIES: dict[str, _Said] = {
    **{"lt": (("sign", "<", ""),), "gt": (("sign", ">", ""),), "amp": (("cell", "&", ""),), "nbsp": ()},
    **{"le": (("command", "le", ""),), "ge": (("command", "ge", ""),)},
}
"""Characters as HTML writes them."""


def _special(text: str) -> _Said:
    if text in SPACES or text.isspace():
        return (("space", text, ""),)
    if text in "{}|":
        return (("sign", f"\\{text}", ""),)
    if text in "()[]":
        return ()
    if text in _SPECIAL:
        return (("sign", _SPECIAL[text], ""),)
    if text.isascii() and text.isdigit():
        return (("command", text, ""),)  # a document may define \1
    raise _Foreign(f"\\{text} is no command that is known here")


@lru_cache(1024)
def _character(text: str) -> _Said:
    if text in COMBINING:
        return (("accent", COMBINING[text], ""),)
    if text in UNICODE:
        return (_unicode(UNICODE[text]),)
    if (accented := accent_of(text)) is not None:
        return (("letter", accented[0], ""), ("accent", accented[1], ""))
    if text.isalpha():
        return (("letter", text, ""),)
    if text.isdigit() or not text.isprintable():
        raise _Foreign(f"the character U+{ord(text):04X} is not read")
    return (("sign", text, ""),)


def _unicode(name: str) -> tuple[str, str, str]:
    if name == "mathcal_L":
        return "letter", "L", ""
    if name == "|":
        return "sign", "\\|", ""
    return "command" if name.isalpha() else "sign", name, "wide" if name == "," else ""


_READ: dict[str, Callable[[str], _Said]] = {
    **dict.fromkeys(("blank", "comment"), lambda _: ()),
    **{kind: _named(kind) for kind in ("begin", "end", "word")},
    "row": lambda _: (("row", "\\\\", ""),),
    "cell": lambda _: (("cell", "&", ""),),
    "dots": lambda _: (("command", "dots", ""),),
    "text": lambda text: (("text", text, "text"),),
    "entity": lambda name: _ENTITIES[name],
    "above": lambda text: _script("^", SUPERSCRIPTS, text),
    "below": lambda text: _script("_", SUBSCRIPTS, text),
    "command": _command,
    "special": _special,
    "number": _number,
    "prime": _prime,
    **dict.fromkeys(("plain", "any"), _character),
}
"""The tokens that each part of the text means, by the name of its group."""
