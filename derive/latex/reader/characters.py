"""Characters that mean what a command means, or what other characters mean."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

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
    **{"⩽": "le", "⩾": "ge", "≪": "ll", "≫": "gg", "∼": "sim", "≃": "simeq", "≔": "coloneqq", "≜": "triangleq"},
    **{"≝": "triangleq", "∉": "notin", "⊂": "subset", "⊆": "subseteq", "↦": "mapsto", "⟶": "longrightarrow"},
    **{"⇒": "Rightarrow", "⟹": "implies", "⇔": "iff", "⟺": "iff", "∴": "therefore", "∵": "because", "∀": "forall"},
    **{"∃": "exists", "∪": "cup", "∩": "cap", "∅": "emptyset", "∓": "mp", "±": "pm", "÷": "div"},
    **{"⟨": "langle", "⟩": "rangle", "〈": "langle", "〉": "rangle", "‖": "|", "∥": "|", "∣": "mid"},
    **{"×": "times", "·": "cdot", "⋅": "cdot", "∙": "cdot", "•": "cdot", "⊙": "odot", "⊗": "otimes", "∘": "circ"},
    **{"⊕": "oplus", "⊤": "top", "…": "dots", "⋯": "cdots", "⋮": "vdots", "ϵ": "epsilon", "ϕ": "phi", "ϑ": "theta"},
    **{"−": "-", "–": "-", "＝": "=", "（": "(", "）": ")", "，": ",", "。": ".", "、": ",", "＋": "+", "∗": "*"},
    **{"∶": ":", "∕": "/", "⁄": "/", "ℒ": "mathcal_L"},
}
"""Characters that mean what a command means, or what another character means."""

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺⁽⁾ⁿⁱʲᵏᵐᵗˣᵀ", "0123456789-+()nijkmtxT", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-()aehijklmnoprstuvx", strict=True))
COMBINING = {"\u0302": "hat", "\u0304": "bar", "\u0305": "bar", "\u0303": "tilde", "\u0307": "dot"}
PRIMES = {"'": "'", "′": "'", "″": "''", "‴": "'''"}


def composed(latex: str) -> str:
    """Normalized letters keep their length, so that offsets stay true; others are left as they are."""
    return latex if latex.isascii() else "".join(map(_plain, latex))


@lru_cache(4096)
def _plain(letter: str) -> str:
    if letter.isascii() or any(letter in table for table in (UNICODE, SUPERSCRIPTS, SUBSCRIPTS, PRIMES)):
        return letter
    other = unicodedata.normalize("NFKC", letter)
    return other if len(other) == 1 else letter


def accent_of(letter: str) -> tuple[str, str] | None:
    """A letter with an accent as the Latin letter and the accent's command: `ŷ` is y with a hat. None for others."""
    parts = unicodedata.normalize("NFD", letter)
    if len(parts) == 2 and parts[0].isascii() and parts[1] in COMBINING:
        return parts[0], COMBINING[parts[1]]
    return None


WORD_LETTERS = "\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Chinese, Japanese and Korean letters, which write words in formulas and no variables; as ranges."""
