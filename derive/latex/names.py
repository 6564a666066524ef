"""Names as LaTeX symbols: `yhat` as a hat over y, `W0` as W with a subscript, `var` in upright letters."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
_VARIANTS = {"eps": r"\varepsilon", "varepsilon": r"\varepsilon", "varphi": r"\varphi", "vartheta": r"\vartheta"}

GREEK = {name: f"\\{name}" for name in _NAMES.split()} | _VARIANTS
"""The Greek letters that have a macro, by name."""

LETTERS = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", _NAMES.split(), strict=True))
"""Their names, by letter."""

ACCENTS = ("hat", "bar", "tilde", "dot", "ddot", "vec", "check")
"""The accents that a name can end in: `yhat`, `sigma_bar`."""

FONTS = ("mathrm", "mathbf", "mathcal", "mathbb", "mathsf", "mathfrak", "mathit", "boldsymbol", "text", "operatorname")

SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    **{character: f"\\{character}" for character in "#$%&_{}"},
    **{character: f"${character}$" for character in "<>|"},
}
"""How each character that LaTeX reads as a command, or sets as another one, is written in text."""

_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_SIMPLE = re.compile(rf"[^\W_]|\\[A-Za-z]+|\\(?:{'|'.join(ACCENTS + FONTS)}|wide(?:hat|tilde)|overline) ?{_GROUP}")
_SCRIPT = re.compile(rf"\s*([_^])\s*({_GROUP}|\\[A-Za-z]+|[^\s\\{{}}])|\s*('+)")
_NAME = re.compile(rf"([A-Za-z]+|[{''.join(LETTERS)}])(\d*)((?:_[A-Za-z0-9]+)*)_*('*)")


@dataclass(frozen=True)
class Symbol:
    """A symbol with its scripts apart, so that an index or a power can be added without a clash."""

    base: str
    subscript: str = ""
    superscript: str = ""
    simple: bool = True

    def indexed(self, indices: tuple[str, ...]) -> Symbol:
        """The symbol with more subscripts: those of the name first, and a comma between the two."""
        subscript = ",".join(filter(None, (self.subscript, together(indices))))
        return Symbol(self.base, subscript, self.superscript, self.simple)

    @property
    def powerable(self) -> bool:
        """Whether a superscript can be put on it as it stands."""
        return self.simple and not self.superscript

    def __str__(self) -> str:
        lower = f"_{script(self.subscript)}" if self.subscript else ""
        upper = f"^{script(self.superscript)}" if self.superscript else ""
        return self.base + lower + upper


def symbol(name: str, override: str | None = None) -> Symbol:
    """The symbol for a name, or for the LaTeX that its author gave for it."""
    return _overridden(override) if override is not None else _named(name)


def index_name(name: str) -> str:
    """An index as it stands in a subscript."""
    letter = name.rstrip("'")
    return f"{_named(letter)}{name[len(letter) :]}"


def together(indices: tuple[str, ...]) -> str:
    """Indices side by side: `bk`, but `b,k_1` where one of them is more than a letter."""
    single = all(len(index.rstrip("'")) == 1 for index in indices)
    return ("" if single else ",").join(indices)


def script(written: str) -> str:
    """The argument of `_` or `^`."""
    return written if len(written) == 1 else f"{{{written}}}"


def escape(words: str) -> str:
    """Words as text, with nothing in them read as a command."""
    return "".join(SPECIAL.get(character, character) for character in words)


def _named(name: str) -> Symbol:
    found = _NAME.fullmatch(name)
    if found is None:
        return Symbol(rf"\text{{{escape(name)}}}")
    word, digits, tail, primes = found.groups()
    pieces = tail.split("_")[1:]
    base = _accented(word, pieces.pop(0)) if not digits and pieces and pieces[0] in ACCENTS else None
    subscripts = [digits, *map(_word, pieces)]
    return Symbol(base or _word(word), ",".join(filter(None, subscripts)), r"\prime" * len(primes))


def _word(word: str) -> str:
    for accent in ACCENTS:
        if word.endswith(accent) and (written := _accented(word[: -len(accent)], accent)):
            return written
    return _letter(word) or (word if word.isdigit() else rf"\mathrm{{{word}}}")


def _accented(word: str, accent: str) -> str | None:
    """An accent over a letter, which may have one already: `yhatdot`."""
    inner = _letter(word) or next(
        (found for other in ACCENTS if word.endswith(other) and (found := _accented(word[: -len(other)], other))), None
    )
    return rf"\{accent}{{{inner}}}" if inner else None


def _letter(word: str) -> str | None:
    """The letter that a word stands for, unless it is a word of several letters."""
    word = LETTERS.get(word, word)
    return GREEK.get(word) or (word if len(word) == 1 else None)


def _overridden(latex: str) -> Symbol:
    base, scripts = _scripts(latex.strip())
    if scripts is None:
        return Symbol(f"{{{latex}}}", simple=False)
    simple = _SIMPLE.fullmatch(base) is not None
    return Symbol(base if simple or not scripts else f"{{{base}}}", scripts.get("_", ""), scripts.get("^", ""), simple)


def _scripts(latex: str) -> tuple[str, dict[str, str] | None]:
    """LaTeX taken apart into its base and the scripts at its end; None if there is more than scripts."""
    place = _top_level(latex)
    base, scripts = latex[:place].strip(), {}
    while place < len(latex):
        found = _SCRIPT.match(latex, place)
        if found is None or (kind := found[1] or "^") in scripts or not base:
            return latex, None
        scripts[kind] = r"\prime" * len(found[3]) if found[3] else found[2].removeprefix("{").removesuffix("}")
        place = found.end()
    return base, scripts


def _top_level(latex: str) -> int:
    """Where the first script outside of all braces begins."""
    depth = 0
    for found in re.finditer(r"\\.|[{}_^']", latex):
        depth += (found[0] == "{") - (found[0] == "}")
        if depth == 0 and found[0] in "_^'":
            return found.start()
    return len(latex)
