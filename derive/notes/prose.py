"""What the sentence around a formula says of it: that it is wrong, that there is one such index, that a name is new."""

from __future__ import annotations

import re
from collections.abc import Iterable

from derive.notes.find import Formula


def _any(*patterns: str) -> re.Pattern:
    """Words in several languages; the first pattern is of whole words, those behind it are of parts of words."""
    whole, *parts = patterns
    return re.compile("|".join([rf"\b(?:{whole})\b", *parts]), re.IGNORECASE | re.DOTALL)


_END = re.compile(r"(?<=[.!?;])\s|[。！？；]|\n\s*\n|\$\$|\\\]|\\end\{\w+\*?\}|\n\s*(?:[-*+#]|\d+\.)\s")
"""Where sentences end."""

_BEHIND = re.compile(r"^[\s,.:;)]*[^.。!！?？;；$\\]{0,100}")
"""What stands right behind a formula, to the end of its sentence, or the next sentence."""

_PARAGRAPH = re.compile(r"\s*\n\s*\n")
"""Where a new one begins."""

_DISPLAY_BEHIND = re.compile(r"[^.。!?！？]*?(?:\$\$|\\\[)")
"""A display before the sentence ends."""

_GOES_ON = re.compile(r"[\s,]*(?:for|at|für|bei|pour|para|per|для|对某|對某|となる|인)\b", re.IGNORECASE)
"""How a sentence goes on behind a display."""

_WRONG = _any(
    r"wrong(?:ly)?(?! to)|incorrect(?:ly)?|erroneous(?:ly)?|misconception|mistaken(?:ly)?|tempting|untrue|falsely"
    r"|(?:not|n't|never) (?:be )?(?:true|correct|right|the case)|(?:is|be|are|was) false"
    r"|(?:common|typical|frequent|usual|popular|classic|easy|beginner'?s?) (?:mistake|error|pitfall)"
    r"|(?:mistake|error|pitfall) (?:is|would be) to|by mistake"
    r"|(?:one|you|we|people|beginners|students) (?:might|may|could|often|would|sometimes) (?:naively )?"
    r"(?:think|believe|confuse|be tempted)"
    r"|falsch(?:e[rns]?)?|nicht (?:wahr|richtig|korrekt)|(?:häufiger|typischer|verbreiteter|üblicher) fehler"
    r"|fälschlich(?:erweise)?|irrtümlich(?:erweise)?|man könnte (?:meinen|denken|glauben)"
    r"|faux|fausses?|pas (?:vrai|correct)e?|erreur (?:courante|fréquente|classique|typique)|à tort|erronée?"
    r"|on pourrait (?:croire|penser)|incorrect[oa]s?|no es (?:cierto|verdad|correcto)|erróneo|falso"
    r"|error (?:común|frecuente|típico|habitual)|(?:podría|podríamos) (?:pensar|creer)(?:se)?"
    r"|errado|erro (?:comum|frequente)|não é (?:verdade|correto)|sbagliat[oa]|errore comune|non è (?:vero|corretto)",
    r"\b(?:неверн|неправильн|ошибочн|не верно)|(?:распростран[её]нн|част|типичн)\w+ ошибк",
    r"(?:错误|錯誤)(?!率)|不正确|不正確|不对(?!称)|不對(?!稱)|不成立|[误誤](?:以为|以為|写|寫|认为|認為)|并非|並非",
    r"間違|誤って|誤り(?!率)|誤解|正しくな|成り立たな|成立しな",
    r"틀린|틀렸|틀리|잘못|흔한 실수|옳지 않|맞지 않|성립하지 않",
    r"\b(?:instead of|rather than|as opposed to|anstelle von|anstatt|statt|au lieu de|en lugar de|вместо)"
    r"(?: (?:writing|using|the|the formula|zu schreiben|écrire))?\W*$",
    r"(?:而不是|而非)\W*$",
)
"""Words before a formula that say that it is wrong."""

_RIGHT = _any(
    r"correct(?:ly|ed)?|right|in (?:truth|fact|reality)|actual(?:ly)?|but|however|true"
    r"|richtig(?:e[rns]?|erweise)?|korrekt|sondern|aber|tatsächlich|correcte?|en fait|mais|vraie?"
    r"|en realidad|correcto|sino|pero|mas|ma|in realtà",
    r"на самом деле|правильн|верн",
    r"正确|正確|正しく|正しい|实际|實際|而是|但|しかし|올바른|실제로|옳은|하지만",
)
"""Words behind which the right formula follows."""

_SAID_WRONG = _any(
    r"wrong(?! to)|incorrect|untrue|(?:not|n't) (?:true|correct|right|hold)|(?:is|be|was) false"
    r"|common (?:mistake|error)(?! to)|falsch|nicht (?:wahr|richtig|korrekt)|faux|fausses?"
    r"|pas (?:vrai|correcte?)|incorrect[oa]|falso",
    r"неверн|неправильн|ошибочн|(?:错误|錯誤)(?!率)|不正确|不正確|不成立|是错",
    r"間違|誤り(?!率)|成り立たな|ではなく|틀린|틀렸|잘못|성립하지 않|아니라",
)
"""Words behind a formula that say that it is wrong."""

_ONE = _any(
    r"there exists?|we can find|one can find|exists|for (?:some|one of|a suitable)|at least one"
    r"|es existiert|für (?:ein|mindestens|wenigstens|manche|gewisse|irgendein)|mindestens ein\w*"
    r"|il (?:existe|y a)|pour (?:un certain|une certaine|au moins|quelque)|au moins une?"
    r"|existen?|hay (?:un|al menos)|para (?:algún|algun|alguna|al menos)|al menos una?|para algum|ao menos um"
    r"|esiste|per (?:qualche|almeno)|almeno uno?",
    r"\bthere (?:is|are|must be|has to be|will be)\b.*\b(?:such that|so that|with|for which|where|satisfying)\W*$",
    r"\bes gibt\b.*\b(?:mit|sodass|so dass|für (?:das|den|die|welches)|derart)\W*$",
    r"существу|найд[её]тся|найдутся|для (?:некотор|хотя бы|какого-)|хотя бы (?:один|для)",
    r"存在|某个|某個|某一|某些|有些|至少有?一|少なくとも|ある\s*\$|ある添字|ような.{0,12}がある",
    r"존재|어떤\s*\$|적어도|최소한 하나",
)
"""Words that say that there is one index, and not that it is so for every one."""

_NONE = _any(
    r"there (?:is|are|exists?) no|for no|es gibt kein\w*|für kein\w*|il n'existe (?:pas|aucun)|il n'y a (?:pas|aucun)"
    r"|no existe|no hay|ningún|não existe|nenhum|nessun",
    r"не существует|нет так|ни для|不存在|存在しない|存在しません|존재하지 않",
)
"""Words that say that there is none."""

_NEW = _any(
    r"now (?:let|set|take|put|define|call|use|denote|write|redefine|consider|instead)|instead(?! of)|henceforth"
    r"|from (?:now|here) on|in (?:this|the next) section,? (?:let|we (?:write|use))"
    r"|sei (?:nun|jetzt|stattdessen)|ab (?:hier|jetzt)|stattdessen"
    r"|maintenant|désormais|dorénavant|à présent|plutôt|soit (?:maintenant|désormais)"
    r"|ahora|a partir de (?:ahora|aquí|agora)|en cambio|en su lugar|agora|adesso|d'ora in poi",
    r"\b(?:redefin|redéfini|umdefin|nun (?:sei|setze|definiere|bezeichne))",
    r"теперь|отныне|вместо этого|переопредел|далее пусть",
    r"改用|改为|改為|重新定[义義]|[现現]在[^。]{0,8}令|[从從][现現]在|从这里起",
    r"再定義|今度は|代わりに|以後|以降|ここからは|이제|다시 정의|재정의|대신|앞으로",
)
"""Words that say that a name means something else from here on."""


_DEFINES = _any(
    r"let|define[sd]?|definition|denotes?|(?:we|you|one) (?:write|set|put)|for (?:simplicity|clarity|brevity)"
    r"|convenience|variant|version|special case|sei|seien|setze|setzen|einfachheit|variante|soit"
    r"|posons|notons|sea|seja|sia",
    r"\b(?:simplif|alternativ|definier|bezeichn|vereinfach|définiss|défini|denot|defin)|пусть|обознач|определ|упрощ",
    r"令|记|記|定义|定義|设|設|简化|簡化|简单|簡單|変形|簡単|とおく|とする|정의|라 하자|로 두|단순|변형|간단",
)
"""Words that say that a formula is a definition, or another one than before."""


_OF_ANOTHER = re.compile(
    r"(?:\b(?:compare|contrast|recall|unlike|versus|vs\.?|vergleich\w*|compar\w+)\b|对比|對比|对照|相比|比较|比較|비교)[^.。]*?"
    r"(?:batch|layer|rms|group|instance|weight)[ -]?norm(?:aliz|alis|\b|'|s\b)[^.。]*[:：]?\s*$",
    re.IGNORECASE,
)
"""Words that bring in a formula of another layer."""


def is_of_another_layer(formula: Formula) -> bool:
    """Whether the text right before a formula says that it is brought in from another layer, to be compared."""
    return _OF_ANOTHER.search(sentence_before(formula).rstrip("$[\\ \n")) is not None


def is_denied(formula: Formula) -> bool:
    """Whether the text says of a formula that it is wrong, before it or right behind it."""
    before = sentence_before(formula)
    wrong = [match.end() for match in _WRONG.finditer(before)]
    if wrong and _RIGHT.search(before, wrong[-1]) is None:
        return True
    return _SAID_WRONG.search(_behind(formula)) is not None


def says_there_is(formula: Formula, remarks: Iterable[str] = ()) -> bool:
    """Whether a formula, or the text beside it, says that it holds for one index, and not for all."""
    texts = (sentence_before(formula), rest_of_sentence(formula), *remarks)
    return "\\exists" in formula.latex or any(_ONE.search(text) for text in texts) or says_there_is_none(formula)


def says_there_is_none(formula: Formula) -> bool:
    """Whether a formula, or the text before it, says that it holds for no index."""
    return "\\nexists" in formula.latex or _NONE.search(sentence_before(formula)) is not None


def gives_a_new_meaning(formula: Formula) -> bool:
    """Whether the text says that a name means something else from here on."""
    return _NEW.search(sentence_before(formula)) is not None


def defines(formula: Formula) -> bool:
    """Whether the text says that a formula is a definition."""
    return any(_DEFINES.search(text) is not None for text in (sentence_before(formula), rest_of_sentence(formula)[:24]))


def sentence_before(formula: Formula) -> str:
    """The part of a sentence that stands before a formula."""
    text = formula.lead.rstrip()
    ends = (match for match in _END.finditer(text) if match.end() < len(text) or match.group()[:1] in "$\\")
    start = max((match.end() for match in ends), default=0)
    return text[start:]


def _behind(formula: Formula) -> str:
    """The rest of the sentence that a formula stands in, or the next one; not what introduces another formula."""
    match = _BEHIND.match(formula.trail)
    text = match.group() if match is not None else ""
    introduces = text.rstrip().endswith(":") or _DISPLAY_BEHIND.match(formula.trail) is not None
    return "" if introduces and _PARAGRAPH.match(text) is not None else text


def rest_of_sentence(formula: Formula) -> str:
    """The rest of the sentence that a formula stands in."""
    text = _behind(formula)
    return text if _PARAGRAPH.match(text) is None or _GOES_ON.match(text) is not None else ""
