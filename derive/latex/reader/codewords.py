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
        goes_on = before is not None and _is_small(token) and _is_small(before) and before.end == token.start
        starts.append(starts[-1] if goes_on else place)
    out: list[Token] = []
    for _, group in groupby(range(len(found)), key=starts.__getitem__):
        run = [found[place] for place in group]
        text = "".join(token.text for token in run)
        out += [Token("word", text, run[0].start, run[-1].end)] if len(run) > 1 and text in words else run
    return out


def _is_small(token: Token) -> bool:
    return token.kind == "letter" and token.text.islower() and not token.font
