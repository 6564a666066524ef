"""Splits LaTeX into tokens. Letters stand for themselves, whatever alphabet they are from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from derive.latex.reader.errors import Unread

MOST = 200_000
"""Formulas with more tokens are refused."""

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
    r"""(?P<blank>[\s~]+)
      | (?P<comment>%[^\n]*)
      | (?P<row>\\\\(?:\*|\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in)\s*\])?|\\newline\b|\\cr\b)
      | \\(?P<frame>begin|end)\s*\{\s*(?P<environment>[a-zA-Z]+)\*?\s*\}
      | \\(?P<command>[a-zA-Z]+)\*?
      | \\(?P<special>.)
      | (?P<dots>\.{2,})
      | (?P<number>\d+(?:\.\d+)?|\.\d+)
      | (?P<prime>'+)
      | (?P<word>(?<![A-Za-z])(?:WORDS)(?![A-Za-z]))
      | (?P<cell>&)
      | (?P<any>.)""".replace("WORDS", "|".join(sorted(WORDS, key=len, reverse=True))),
    re.VERBOSE | re.DOTALL,
)

SPACES = frozenset(", ; : ! > / - quad qquad enspace hspace thinspace hfill hphantom phantom vphantom nobreak".split())
"""Commands that make space, beside a backslash before a blank."""

WIDE = frozenset(("quad", "qquad", "hfill", "enspace"))
"""Spaces that people put between two formulas."""

IGNORED = frozenset(
    (
        "middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm biggm Biggm limits nolimits "
        "displaystyle textstyle scriptstyle scriptscriptstyle nonumber notag mathstrut strut allowbreak relax "
        "ensuremath normalsize small large Large footnotesize hline protect boldmath"
    ).split()
)
"""Commands that change how a formula looks, and nothing else."""

_SPECIAL = {"{": "{", "}": "}", "|": "‖", "_": "_", "%": "%", "#": "#", "&": "&", "$": "$"}
"""One-character commands that stand for a character; braces are delimiters then (see `Token.kind` sign `\\{`)."""

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu "
    "nu xi pi rho sigma tau upsilon phi chi psi omega"
)
_CAPITAL = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"

UNICODE = {
    **dict(zip("αβγδεζηθικλμνξπρστυφχψω", _GREEK.split(), strict=True)),
    **dict(zip("ΓΔΘΛΞΠΣΥΦΨΩ", _CAPITAL.split(), strict=True)),
    **{"∂": "partial", "∇": "nabla", "∑": "sum", "∏": "prod", "∫": "int", "√": "sqrt", "∞": "infty", "ℓ": "ell"},
    **{"≤": "le", "≥": "ge", "≠": "ne", "≈": "approx", "≡": "equiv", "∝": "propto", "∈": "in", "→": "to", "←": "gets"},
    **{"⇒": "Rightarrow", "⟨": "langle", "⟩": "rangle", "‖": "|", "×": "times", "·": "cdot", "⋅": "cdot", "∙": "cdot"},
    **{"⊙": "odot", "⊗": "otimes", "∘": "circ", "±": "pm", "…": "dots", "⋯": "cdots", "ϵ": "epsilon", "ϕ": "phi"},
    **{"⊤": "top", "÷": "div", "∀": "forall", "−": "-", "–": "-", "＝": "=", "（": "(", "）": ")", "，": ","},
    **{"＋": "+", "ℒ": "mathcal_L"},
}
"""Characters that mean what a command means, or what another character means."""

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿᵀ", "0123456789-+nT", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙₘ", "0123456789ijknm", strict=True))
_COMBINING = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot"}


def tokens(latex: str, offset: int = 0) -> Iterator[Token]:
    """The tokens of LaTeX, without an end. Raises Unread for too many of them, and for control characters."""
    count, at = 0, 0
    latex = _composed(latex)
    while at < len(latex):
        match = _TOKEN.match(latex, at)
        if match is None:
            raise Unread("a character that is none", at)
        at = match.end()
        found = [*_tokens(match, offset)]
        if match["command"] in TEXTS:
            text, at = _raw(latex, at)
            found = [Token("text", text, match.start() + offset, at + offset, match["command"])]
        for token in found:
            count += 1
            if count > MOST:
                raise Unread(f"more than {MOST} tokens", token.start)
            yield token


TEXTS = frozenset("text textrm textbf textit textsf texttt textnormal mbox hbox operatorname tag label".split())
"""Commands whose argument is text, not mathematics."""


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


def _composed(latex: str) -> str:
    """Normalized letters keep their length, so that offsets stay true; others are left as they are."""
    return "".join(_plain(letter) for letter in latex)


def _plain(letter: str) -> str:
    if letter.isascii() or letter in UNICODE or letter in _SUPERSCRIPTS or letter in _SUBSCRIPTS or letter in "ℒℓ":
        return letter
    other = unicodedata.normalize("NFKC", letter)
    return other if len(other) == 1 else letter


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
    elif kind in ("number", "prime", "cell", "word"):
        if kind == "number" and len(text) > LONGEST_NUMBER:
            raise Unread(f"a number with more than {LONGEST_NUMBER} digits", *place)
        yield Token(kind, text, *place)
    else:
        yield from _character(text, place)


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
    if text in _COMBINING:
        yield Token("accent", _COMBINING[text], *place)
    elif text in _SUPERSCRIPTS or text in _SUBSCRIPTS:
        table, sign = (_SUPERSCRIPTS, "^") if text in _SUPERSCRIPTS else (_SUBSCRIPTS, "_")
        plain = table[text]
        kind = "number" if plain.isdigit() else "letter" if plain.isalpha() else "sign"
        yield Token("sign", sign, *place)
        yield Token(kind, plain, *place)
    elif text in UNICODE:
        name = UNICODE[text]
        if name == "mathcal_L":
            yield Token("letter", "L", *place)
        elif name == "|":
            yield Token("sign", "\\|", *place)
        else:
            yield Token("command" if name.isalpha() else "sign", name, *place)
    elif text.isalpha():
        yield Token("letter", text, *place)
    elif text.isdigit() or not text.isprintable():
        raise Unread(f"the character U+{ord(text):04X} is not read", *place)
    else:
        yield Token("sign", text, *place)
