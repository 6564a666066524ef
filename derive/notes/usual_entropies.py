"""Entropies and divergences that a document defines, where they are not what everybody means by their names."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

from derive.language import Claim, Index, Tensor, Term, log
from derive.language.binding import walk
from derive.language.substitution import reached
from derive.language.terms import Entry, Function, Sum
from derive.notes.candidates import Key
from derive.verdicts import Proved, Refuted, Verdict

DIVERGENCES = frozenset(("DKL", "KL", "KLD", "dKL"))
LETTERS = frozenset("p q P Q y".split())
"""Names of distributions: that between two normal ones is written with means and deviations."""

ENTROPY = r"-\sum_i p_i \log p_i"
DIVERGENCE = r"\sum_i p_i \log \frac{p_i}{q_i}"


def usually(key: Key, tensor: Tensor | None, decide: Callable[[Claim], Verdict]) -> str:
    """What a name usually stands for, in LaTeX, where its definition says something else; "" where it doesn't."""
    if tensor is None or tensor.definition is None or tensor.sizes or key[1]:
        return ""
    body = tensor.definition.body
    name = "".join(letter for letter in key[0] if letter.isalpha())
    if name in DIVERGENCES:
        pairs = permutations(found) if (found := _distributions(body, 2)) else ()
        verdicts = [decide(Claim(body, "=", _divergence(p, q))) for p, q in pairs]
        return DIVERGENCE if verdicts and all(isinstance(each, Refuted) for each in verdicts) else ""
    if name == "H" and (found := _distributions(body, 1)):
        return ENTROPY if isinstance(decide(Claim(body, "=", _entropy(*found))), Proved) else ""
    return ""


def _distributions(body: Term, count: int) -> list[Tensor]:
    """The distributions that a formula with logarithms is computed from, where it is so many, and nothing else."""
    inside = reached([body])
    free = sorted((each for each in inside if each.definition is None and not each.integer), key=lambda each: each.name)
    bodies = (body, *(each.definition.body for each in inside if each.definition is not None))
    logs = any(isinstance(part, Function) and part.name == "log" for each in bodies for part in walk(each))
    vectors = all(len(each.sizes) == 1 and each.sizes == free[0].sizes for each in free)
    named = any(each.name.rstrip("'") in LETTERS for each in free)
    return free if logs and vectors and named and len(free) == count else []


def _divergence(p: Tensor, q: Tensor) -> Term:
    index = Index("i", p.sizes[0])
    one, other = Entry(p, (index,)), Entry(q, (index,))
    return Sum(one * (log(one) - log(other)), index)


def _entropy(p: Tensor) -> Term:
    """The entropy with the wrong sign."""
    index = Index("i", p.sizes[0])
    return Sum(Entry(p, (index,)) * log(Entry(p, (index,))), index)
