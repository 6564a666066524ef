"""Conditions that the text says in words: if the inputs are centered, for positive x, let A be symmetric."""

from __future__ import annotations

import re
from collections.abc import Iterable

from derive.notes.find import Formula
from derive.notes.prose import rest_of_sentence, sentence_before

_IF = re.compile(
    r"\b(?:if|when|whenever|provided|unless|suppose|assum(?:e|es|ing)|in (?:the )?case|for|wenn|falls|sei"
    r"|seien|angenommen|für|bei|unter|si|lorsque|quand|supposons|pour|cuando|suponga\w*|supongamos|para|se|quando|per)\b"
    r"|если|при|пусть|предположим|для|若|如果|当|當|假设|假設|对于|對於|とき|場合|仮定|ならば|なら"
    r"|이면|일 때|때|가정|경우|라면|하면",
    re.IGNORECASE,
)
"""Words that begin a condition, or end one."""

_PROPERTY = re.compile(
    r"\b(?:zero[- ]mean|mean (?:of )?zero|mean is zero|mean 0|cent(?:ered|red)"
    r"|unit[- ](?:norm|length|variance|vectors?)|orthogonal|orthonormal|perpendicular|parallel|independent"
    r"|uncorrelated|symmetric"
    r"|(?:positive|non-?negative|negative)(?! (?:real )?(?:scalar|constant|number|factor|integer)s?)"
    r"|constant|(?:are|all) identical|equals? (?:to )?(?:one|zero|each other)|(?:are|is|all) equal"
    r"|all (?:ones?|zeros?|the same)|single|only one|one (?:sample|feature|element|entry)|two (?:samples|features)"
    r"|vanish(?:es)?|diagonal|invertible"
    r"|zentriert\w*|mittelwert (?:0|null)|orthogonal\w*|unabhängig\w*|symmetrisch\w*|positive[rns]|konstant\w*"
    r"|alle gleich|(?:gleich|sind|ist) (?:null|eins)|centrée?s?|orthogona\w+|indépendant\w*|symétrique\w*"
    r"|positifs?|positiv[oa]s?|constant\w*|nulle?s?|égaux|égale?s?|centrad\w+|independiente\w*|simétric\w+|igual(?:es)?|nul[oa]s?)\b"
    r"|центрирован|нулев|ортогонал|независим|симметрич|положительн|неотрицательн|постоянн|равн[ыоа]|единиц"
    r"|零均值|均值为零|均值为0|均值為零|中心化|正交|独立|獨立|对称|對稱|为正|非负|非負|常数|常數|相等|单位|單位|都为|均为|全为|只有一"
    r"|平均(?:が|は)?(?:0|ゼロ|零)|直交|対称|正の|定数|等しい|単位|すべて1"
    r"|평균이? ?0|직교|독립|대칭|양수|상수|같으면|같을|단위|모두 1",
    re.IGNORECASE,
)
"""What may be said of inputs and parameters."""

_NUMBER = re.compile(r"\$(?!\\sum)[^$=<>]{1,24}(?:=|<|>|\\(?:leq?|geq?|to)\b)\s*-?\d+(?:[.,]\d+)?\s*\$")
"""A formula within the text that compares something to a number."""

_BETWEEN_VECTORS = re.compile(r"\\(?:perp|bot|parallel)(?![A-Za-z])|⊥|∥")
"""What a formula within the text says of two vectors: that they are orthogonal."""

_OPENING = re.compile(
    r"\W*(?:then|so|hence|thus|we (?:get|have|find|obtain)|it follows(?: that)?|dann|also|so gilt|alors|on a|entonces"
    r"|luego|тогда|то|则|則|那么|那麼|有|このとき|すると|그러면|이때)?\W*",
    re.IGNORECASE,
)
"""How a sentence begins that follows from the one before."""

_LAST_SENTENCE = re.compile(r"(?:^|(?<=[.!?])\s|[。！？]|\n\s*\n)([^.。!！?？]*)[.。]\s*\S{0,20}\W*$")

_OF_MATRIX = re.compile(
    r"\W*(?:be|is|are|sei|ist|soit|est|sea|es|为|為|是|が|は|이|가)?\W*(?:an?|eine?|une?|una?)?\W*(?:real|square|reelle|réelle|real)?\W*"
    r"(?:symmetric|orthogonal|orthonormal|diagonal|invertible|idempotent|positive|skew|unitary|rotation|permutation"
    r"|projection|symmetrisch|symétrique|simétric|симметричн|ортогональн|对称|對稱|正交|対称|直交|대칭|직교)",
    re.IGNORECASE,
)
"""What is said right behind the name of a matrix."""


_MATRIX = re.compile(r"[A-Z]\s*(?:\\in\b.*)?$", re.DOTALL)

_POSITIVE = re.compile(
    r"\bpositive (?:real )?(?:scalar|constant|number|factor|integer)s?\W*$|\bpositiven? (?:zahl|konstante|faktor)\W*$"
    r"|(?:正数|正數|正常数|正常數|正标量|正实数|正の数|正の定数|양수|양의 상수)\W*$"
    r"|положительн\w+ (?:числ|констант)\w*\W*$",
    re.IGNORECASE,
)


def has_condition(formula: Formula) -> bool:
    """Whether the sentence that a formula stands in says a condition in words."""
    before = sentence_before(formula)
    texts = [before, rest_of_sentence(formula)]
    if _OPENING.fullmatch(before) and (last := _LAST_SENTENCE.search(formula.lead.rstrip())) is not None:
        texts.append(last[1])
    said = any(_IF.search(text) and (_PROPERTY.search(text) or _NUMBER.search(text)) for text in texts)
    return said or any(map(_BETWEEN_VECTORS.search, texts))


def is_described(formula: Formula) -> bool:
    """Whether the text says right behind a name what kind of matrix it is."""
    return _OF_MATRIX.match(formula.trail) is not None


def described(formulas: Iterable[Formula]) -> frozenset[str]:
    """The letters of matrices of which the text says what kind they are."""
    found = (formula for formula in formulas if not formula.display and is_described(formula))
    return frozenset(formula.latex[0] for formula in found if _MATRIX.match(formula.latex))


def is_said_positive(formula: Formula) -> bool:
    """Whether the text says right before a name within a line that it is a number above 0."""
    return not formula.display and _POSITIVE.search(formula.before) is not None
