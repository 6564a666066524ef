"""Words of code that stand in formulas as plain letters: xmu_i = x_i - mu, invstd = 1 / std, and dxmu_i."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from derive.notes.find.formula import Formula

_HEAD = re.compile(
    r"(?:^|\\\\|[&,;]|\\quad|\\qquad)\s*([a-z]{2,12}\d?)(?:_(?:[A-Za-z0-9]|\{[^{}]*\}))?(?:\^2|\^\{2\})?\s*&?\s*(?::?=(?!=)|\\leftarrow)"
)
"""A name on the left of an equation: small letters with nothing between them, and a digit at most behind."""

_RUN = re.compile(r"(?<![A-Za-z\\])[a-z]{2,13}\d?(?![A-Za-z0-9])")
_INDEXED = re.compile(r"(?<![A-Za-z\\])([a-z]{1,13})_")
_ARGUMENT = re.compile(r"\\(?:text|textrm|textbf|textit|mathrm|operatorname|mbox|tag|label|begin|end)\*?\s*\{[^{}]*\}")
_FEW = frozenset("xyzabcuvwkmn")
"""Letters that are often multiplied: words of no others are products, where no gradient is called by them."""


def with_code_words(formulas: Sequence[Formula]) -> list[Formula]:
    """The formulas with the words that the document writes as plain letters, where it uses them more than once.

    >>> one = Formula("xmu = x - 1", "$", False, ((1, 1),))
    >>> sorted(with_code_words([one, replace(one, latex="xmu + dxmu")])[0].words)
    ['dxmu', 'xmu']
    """
    plain = [_ARGUMENT.sub(lambda match: " " * len(match.group()), formula.latex) for formula in formulas]
    runs = Counter(run for latex in plain for run in _RUN.findall(latex))
    runs.update(run[:-1] for run, times in list(runs.items()) if run[-1].isdigit() for _ in range(times))
    heads = {head for latex in plain for head in _HEAD.findall(latex)}
    indexed = {run for latex in plain for run in _INDEXED.findall(latex)}
    words = {head for head in heads if _is_word(head, heads, runs, indexed)}
    words |= {f"d{word}" for word in words if runs[f"d{word}"]}
    return [replace(formula, words=frozenset(words)) for formula in formulas] if words else list(formulas)


def _is_word(head: str, heads: set[str], runs: Counter[str], indexed: set[str]) -> bool:
    """Whether letters on a left side are a word: they are used again, and two alone also behind a d, as gradients are.

    dxmu is no word of its own where xmu is one, and dx none at all. xmu_i is one where u_i stands nowhere.
    """
    if head[0] == "d" and (len(head) < 4 or head[1:] in heads):
        return False
    product = _FEW.issuperset(head) and (head not in indexed or head[-1] in indexed)
    return bool(runs[f"d{head}"]) or (len(head) > 2 and runs[head] > 1 and not product)
