"""The language that a note is written in, as far as its letters and its smallest words tell."""

from __future__ import annotations

import re

_DECLARED = re.compile(r"^lang(?:uage)?:\s*[\"']?([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)[\"']?\s*$", re.MULTILINE)
_KANA, _HANGUL, _HAN = re.compile("[\u3040-\u30ff]"), re.compile("[\uac00-\ud7a3]"), re.compile("[\u4e00-\u9fff]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_TRADITIONAL = re.compile("[們個這來時會對說為與點學數機裡變層華歸樣應該實際讓訓練減輸計網]")
_WORDS = {
    "en": "the of and is to in we that with for",
    "de": "der die und ist das wir mit von den ein",
    "fr": "le la les et est des une pour dans que",
    "es": "el la los de y que es una para con",
    "pt": "o os de e que uma para com não em",
    "it": "il di e che la per una con del sono",
    "tr": "ve bir bu için ile olarak da de göre değil",
    "nl": "de het een en van is dat met voor niet",
}


def tongue(text: str, front: str = "") -> str:
    """The tag of a language, such as `en` or `zh-Hant`; empty where it can't be told.

    >>> tongue("The mean of the batch is subtracted"), tongue("배치 정규화"), tongue("x")
    ('en', 'ko', '')
    """
    declared = _DECLARED.search(front)
    if declared:
        return declared[1].replace("_", "-")
    if len(_HANGUL.findall(text)) > len(_HAN.findall(text)) / 2 and _HANGUL.search(text):
        return "ko"
    han = len(_HAN.findall(text))
    if len(_KANA.findall(text)) > max(5, han / 5):
        return "ja"
    if han > 10:
        return "zh-Hant" if len(_TRADITIONAL.findall(text)) > han / 50 else "zh-Hans"
    if len(_CYRILLIC.findall(text)) > 20:
        return "ru"
    return _by_words(text)


def _by_words(text: str) -> str:
    """The language whose small words are most frequent, where two of them are there and one is ahead."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = {name: sum(word in small.split() for word in words) for name, small in _WORDS.items()}
    first, second = sorted(counts.values())[-1], sorted(counts.values())[-2]
    return max(counts, key=lambda name: counts[name]) if first >= 2 and first > second else ""
