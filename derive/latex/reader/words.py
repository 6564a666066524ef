"""Words between formulas, which are no names: `where`, `if`, `otherwise`, in the languages of notes."""

from __future__ import annotations

import re

from derive.latex.reader.characters import WORD_LETTERS
from derive.latex.reader.tokens import Token

_HAS_WORDS = re.compile(f"[{WORD_LETTERS}]")

BETWEEN = frozenset(
    (
        "where if and or for with when then else otherwise since because so thus hence let given as while but while "
        "therefore such that all any each every iff subject also similarly finally here assuming with by is are "
        "falls wenn und oder wobei sonst mit ist da also für fuer alle "
        "où ou si sinon avec et donc car pour tout tel que soit "
        "donde si entonces con para todo caso sino pues luego sea "
        "onde se então com senão para todo pois seja "
        "gdzie jeśli jeżeli oraz lub dla wtedy inaczej gdy więc czyli "
        "где если иначе при для или тогда и то так как "
        "burada eğer ise ve veya için aksi diğer halde durumda "
        "dove altrimenti quindi allora per"
    ).split()
)
"""Words that are read over wherever they stand as text."""


CONDITIONAL = re.compile(
    r"\b(?:if|when|unless|otherwise|else|elsewhere|si|sinon|quand|lorsque|wenn|falls|sonst|se|senão|quando|caso|cuando|"
    r"если|при|когда|иначе|jeśli|jeżeli|gdy|inaczej|eğer|ise|aksi|durumda)\b|若|如果|当|當|时|時|否则|否則|其他|其它|其餘|"
    r"もし|とき|場合|以外|때|이면|그렇지|나머지",
    re.IGNORECASE,
)
"""Texts that say that a formula holds under a condition."""

OTHERWISE = re.compile(
    r"\b(?:otherwise|else|elsewhere|sinon|sonst|andernfalls|senão|contrário|contrario|otro caso|иначе|противном|"
    r"inaczej|przeciwnym|aksi)\b|否则|否則|其他|其它|其餘|以外|그렇지|나머지",
    re.IGNORECASE,
)
"""Those that say that it holds where the one before does not."""


def is_between(text: str, before: Token | None, after: Token | None) -> bool:
    """Whether a text is a remark between formulas, where `before` and `after` stand beside it; else it is a name.

    A Chinese, Japanese or Korean word is a remark where a formula goes on right before or right behind it.
    """
    plain = text.strip()
    if len(plain) == 1 and plain.isalpha() and text[0].isspace() and text[-1].isspace():
        return True
    if plain.lower() in BETWEEN:
        return True
    if not _HAS_WORDS.search(plain):
        return False
    return _ends_factor(before) or _begins_factor(after)


def _ends_factor(token: Token | None) -> bool:
    return token is not None and (token.kind in ("letter", "word", "number") or token.is_sign("}", ")", "]", "\\}"))


def _begins_factor(token: Token | None) -> bool:
    if token is None:
        return False
    return token.kind in ("letter", "number") or (token.kind == "command" and token.text in _FACTORS)


_FACTORS = frozenset(
    (
        "frac dfrac tfrac hat bar tilde partial nabla sum sqrt mathbf mathcal boldsymbol bm alpha beta gamma delta "
        "epsilon mu sigma theta lambda eta rho phi psi omega left mathrm text widehat overline vec"
    ).split()
)
