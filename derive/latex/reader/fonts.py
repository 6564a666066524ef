"""Fonts of letters: the commands that set them, and letters that make a word in one."""

from __future__ import annotations

from derive.latex.reader.tokens import Token

FONTS = frozenset(
    "mathbf boldsymbol bm pmb mathbb mathcal mathscr mathfrak mathrm mathit mathsf mathtt mathnormal mathds".split()
)
"""Commands that change the letters of their argument."""

OTHER_FONTS = {
    **dict.fromkeys("vb vectorbold symbf mathbfit symbfit".split(), "mathbf"),
    **{"symbb": "mathbb", "symcal": "mathcal", "symrm": "mathrm", "symup": "mathrm", "symsf": "mathsf"},
}
"""The same by the names that packages have for them."""

SWITCHES = {"rm": "mathrm", "bf": "mathbf", "it": "mathit", "cal": "mathcal", "sf": "mathsf", "tt": "mathtt"}
"""Commands that change the letters up to the end of the group they stand in, and the font."""

_ROMAN = ("mathrm", "mathit", "mathsf", "mathtt")


def in_words(letters: list[Token], font: str) -> list[Token]:
    """Letters, digits and underscores in one upright font that stand together are one word; so is no dx."""
    out: list[Token] = []
    run: list[Token] = []
    if font in _ROMAN and all(token.kind in ("letter", "word", "number") for token in letters):
        return _one_word(letters)
    for token in [*letters, Token("sign", "", -1, -1)]:
        joins = token.kind in ("letter", "word", "number") and (not run or run[-1].end == token.start)
        if font in _ROMAN and joins and (run or token.kind != "number"):
            run.append(token)
            continue
        out += _one_word(run)
        run = [token] if font in _ROMAN and token.kind in ("letter", "word") else []
        out += [] if run else [token]
    return out[:-1]


def _one_word(run: list[Token]) -> list[Token]:
    text = "".join(token.text for token in run)
    if len(run) < 2 or run[0].kind == "number" or (len(text) == 2 and text[0] == "d"):
        return run
    return [Token("word", text, run[0].start, run[-1].end, run[0].font)]


GREEK = frozenset(
    (
        "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho "
        "varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi "
        "Psi Omega ell imath jmath infty"
    ).split()
)
"""Commands that are letters."""


def is_differential(letters: list[Token]) -> bool:
    """Whether these are a d and one name behind it, which may have accents: \\mathbf{dx}."""
    if len(letters) < 2 or letters[0].kind != "letter" or letters[0].text != "d":
        return False
    names = [token for token in letters[1:] if token.kind in ("letter", "word") or _is_greek(token)]
    others = [token for token in letters[1:] if token not in names]
    return len(names) == 1 and all(token.text in _AROUND for token in others)


_AROUND = frozenset("{ } hat bar tilde widehat overline widetilde vec dot check".split())
"""Accents and braces."""


def in_font(token: Token, font: str) -> Token:
    """A letter in a font; a digit by itself, as in \\mathbf{1}, is a letter then."""
    if token.kind == "number" and len(token.text) == 1:
        return token._replace(kind="letter", font=font)
    return token._replace(font=font) if token.kind in ("letter", "word") or _is_greek(token) else token


def _is_greek(token: Token) -> bool:
    return token.kind == "command" and token.text in GREEK
