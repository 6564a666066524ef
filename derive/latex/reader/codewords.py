"""Letters that a document uses as words of code, put together."""

from __future__ import annotations

from itertools import groupby

from derive.latex.reader.tokens import Token


def with_words(found: list[Token], words: frozenset[str]) -> list[Token]:
    """The tokens with letters that stand right behind each other, and are one of these words, as one token."""
    if not words:
        return found
    starts: list[int] = []
    for place, token in enumerate(found):
        before = found[place - 1] if place else None
        behind = before is not None and _is_small(before) and before.end == token.start
        goes_on = behind and (_is_small(token) or _is_digit(token))
        starts.append(starts[-1] if goes_on else place)
    out: list[Token] = []
    for _, group in groupby(range(len(found)), key=starts.__getitem__):
        run = [found[place] for place in group]
        cut = len(run) - (_is_digit(run[-1]) and not _is_word(run, words))
        out += _joined(run[:cut]) if _is_word(run[:cut], words) else run[:cut]
        out += run[cut:]
    return out


def _is_word(run: list[Token], words: frozenset[str]) -> bool:
    return len(run) > 1 and "".join(token.text for token in run) in words


def _joined(run: list[Token]) -> list[Token]:
    return [Token("word", "".join(token.text for token in run), run[0].start, run[-1].end)]


def _is_digit(token: Token) -> bool:
    return token.kind == "number" and token.text.isdigit() and len(token.text) == 1


def _is_small(token: Token) -> bool:
    return token.kind == "letter" and token.text.islower() and not token.font
