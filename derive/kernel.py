"""Theorems, and the few rules that can make one.  [trusted]

A theorem is a claim together with the conditions under which its formulas have a value, and the tree of rules that
made it. There is no other way to get one: the class has no constructor, can't be subclassed, pickled or changed, and
what a determined program does to it all the same is found by `recheck`, which replays the tree from nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

from derive.language.audit import audited
from derive.language.binding import free_indices
from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.language.terms import Pow, Term
from derive.normal_form import OutsideFragment, Reducer, Undefined
from derive.normal_form.signs import signs


class KernelError(Exception):
    """A step that no rule allows; the message says why."""


class Theorem:
    """A claim that the kernel has proved.

    `claim` holds for all values of everything free in it that satisfy its hypotheses and `conditions` (that every
    denominator differs from zero, that what stands under a root is not negative).
    """

    __slots__ = ("__weakref__", "claim", "conditions", "evidence", "premises", "rule")

    claim: Claim
    conditions: tuple[Claim, ...]
    rule: str
    premises: tuple[Theorem, ...]
    evidence: Term | None

    def __new__(cls, *_: object, **__: object) -> NoReturn:
        raise TypeError("a theorem is made by the rules of derive.kernel alone; use prove(claim)")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Theorem can't be subclassed")

    def __setattr__(self, name: str, _: object) -> NoReturn:
        raise AttributeError(f"a theorem can't be changed: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a theorem can't be changed: {name}")

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("a theorem can't be pickled or copied into another process; prove its claim there")

    def __copy__(self) -> Theorem:
        return self

    def __deepcopy__(self, _: dict) -> Theorem:
        return self

    @property
    def steps(self) -> int:
        """The number of theorems in the proof, this one included."""
        return len(self.tree())

    def tree(self) -> list[Theorem]:
        """This theorem and everything it rests on, each once, premises first."""
        found: dict[int, Theorem] = {}
        below: set[int] = set()
        waiting: list[tuple[Theorem, bool]] = [(self, False)]
        while waiting:
            theorem, done = waiting.pop()
            if type(theorem) is not Theorem or not all(hasattr(theorem, name) for name in _FIELDS):
                raise KernelError("this is not a theorem: the kernel did not make it")
            if done:
                below.discard(id(theorem))
                found[id(theorem)] = theorem
            elif id(theorem) in below:
                raise KernelError("this is not a theorem: it rests on itself")
            elif id(theorem) not in found:
                below.add(id(theorem))
                waiting.append((theorem, True))
                waiting.extend((premise, False) for premise in theorem.premises)
        return list(found.values())

    def recheck(self) -> None:
        """Replays the whole proof from nothing; raises KernelError if anything in it does not hold."""
        for theorem in Theorem.tree(self):
            _, conditions = _apply(theorem.rule, theorem.claim, theorem.premises, theorem.evidence)
            if conditions != theorem.conditions:
                raise KernelError(f"this is not a theorem: '{theorem.claim}' holds under other conditions")

    def __str__(self) -> str:
        from derive.language.text import theorem_text

        return theorem_text(self.claim, self.conditions)

    def __repr__(self) -> str:
        return f"<Theorem {self}>"

    def _repr_latex_(self) -> str:
        from derive.latex import theorem_latex

        return f"$\\displaystyle {theorem_latex(self.claim, self.conditions)}$"


_FIELDS = ("claim", "conditions", "rule", "premises", "evidence")
_made: WeakKeyDictionary[Theorem, tuple] = WeakKeyDictionary()


def is_theorem(value: object) -> bool:
    """Whether the kernel made this very value, and nobody has changed it or its claim since."""
    if type(value) is not Theorem or value not in _made:
        return False
    fields, content = _made[value]
    try:
        unchanged = _content(value) == content
    except (LanguageError, RecursionError):
        return False
    return unchanged and all(getattr(value, name) is made for name, made in zip(_FIELDS, fields, strict=True))


def _content(theorem: Theorem) -> tuple:
    """All names and numbers in what a theorem says and in what shows it."""
    shown = (theorem.evidence,) if theorem.evidence is not None else ()
    return tuple(map(audited, (theorem.claim, *shown, *theorem.conditions)))


# The rules


def by_normal_form(claim: Claim) -> Theorem:
    """An equation whose two sides have the same normal form under the hypotheses."""
    return _theorem("normal form", claim, (), None)


def by_certificate(claim: Claim, certificate: Term) -> Theorem:
    """An inequality whose larger side less the smaller one is the certificate, which is visibly not negative.

    Visibly: its sign follows from its shape (squares, sums and products of what is not negative), from the
    assumptions of its symbols and from the hypotheses. For a strict inequality it must be positive, for `!=` nonzero.
    """
    return _theorem("certificate", claim, (), certificate)


def by_transitivity(*theorems: Theorem) -> Theorem:
    """a = b and b <= c give a <= c: the chain of theorems, each beginning where the one before ended."""
    if not theorems:
        raise KernelError("a chain needs at least one theorem")
    _ask(*theorems)
    relation = "="
    for premise in theorems:
        relation = _joined(relation, premise.claim.relation)
    hypotheses = dict.fromkeys(h for premise in theorems for h in premise.claim.hypotheses)
    claim = Claim(theorems[0].claim.lhs, relation, theorems[-1].claim.rhs, tuple(hypotheses))
    return _theorem("transitivity", claim, theorems, None)


def by_square(theorem: Theorem) -> Theorem:
    """a**2 <= b**2 gives a <= b, where b is visibly not negative; < gives <."""
    _ask(theorem)
    lhs, rhs = theorem.claim.lhs, theorem.claim.rhs
    if not isinstance(lhs, Pow) or not isinstance(rhs, Pow):
        raise KernelError(f"'{theorem.claim}' does not compare two squares")
    claim = Claim(lhs.base, theorem.claim.relation, rhs.base, theorem.claim.hypotheses)
    return _theorem("square", claim, (theorem,), None)


def by_lemmas(theorem: Theorem, *lemmas: Theorem) -> Theorem:
    """A theorem without those of its hypotheses that are theorems themselves; what these assume is assumed instead."""
    _ask(theorem, *lemmas)
    shown = [_without_hypotheses(lemma.claim) for lemma in lemmas]
    kept = [h for h in theorem.claim.hypotheses if h not in shown]
    hypotheses = dict.fromkeys((*kept, *(h for lemma in lemmas for h in lemma.claim.hypotheses)))
    claim = Claim(theorem.claim.lhs, theorem.claim.relation, theorem.claim.rhs, tuple(hypotheses))
    return _theorem("lemmas", claim, (theorem, *lemmas), None)


def _ask(*premises: Theorem) -> None:
    for premise in premises:
        if not is_theorem(premise):
            raise KernelError("a premise is not a theorem of this kernel")


def _without_hypotheses(claim: Claim) -> Claim:
    return Claim(claim.lhs, claim.relation, claim.rhs)


def _theorem(rule: str, claim: Claim, premises: tuple[Theorem, ...], evidence: Term | None) -> Theorem:
    content, conditions = _apply(rule, claim, premises, evidence)
    theorem = object.__new__(Theorem)
    fields = (claim, conditions, rule, premises, evidence)
    for name, value in zip(_FIELDS, fields, strict=True):
        object.__setattr__(theorem, name, value)
    _made[theorem] = (fields, (*content, *map(audited, conditions)))
    return theorem


def _apply(
    rule: str, claim: Claim, premises: tuple[Theorem, ...], evidence: Term | None
) -> tuple[tuple, tuple[Claim, ...]]:
    """Checks one step; gives what was audited and the conditions under which it holds."""
    if type(claim) is not Claim or rule not in _RULES:
        raise KernelError(f"there is no rule '{rule}' for {claim!r}")
    try:
        content = tuple(map(audited, (claim,) if evidence is None else (claim, evidence)))
        return content, _RULES[rule](claim, premises, evidence)
    except (OutsideFragment, Undefined, LanguageError) as reason:
        raise KernelError(str(reason)) from reason
    except RecursionError:
        raise KernelError("the formula is nested too deep") from None


def _check_normal_form(claim: Claim, premises: tuple[Theorem, ...], evidence: Any) -> tuple[Claim, ...]:
    if claim.relation != "=" or premises or evidence is not None:
        raise KernelError(f"the normal form decides equations, not '{claim}'")
    reducer = Reducer(claim.hypotheses)
    if not reducer.equal(claim.lhs, claim.rhs):
        raise KernelError("the two sides have different normal forms")
    return reducer.conditions


_DIRECTED = {
    "<=": (-1, frozenset({0, 1})),
    "<": (-1, frozenset({1})),
    ">=": (1, frozenset({0, 1})),
    ">": (1, frozenset({1})),
    "!=": (1, frozenset({-1, 1})),
}
"""For each relation: whether lhs - rhs or rhs - lhs is looked at, and the signs that it may have."""


def _check_certificate(claim: Claim, premises: tuple[Theorem, ...], evidence: Any) -> tuple[Claim, ...]:
    if claim.relation not in _DIRECTED or premises or not isinstance(evidence, Term):
        raise KernelError(f"a certificate shows an inequality, not '{claim}'")
    if not free_indices(evidence) <= free_indices(claim.lhs) | free_indices(claim.rhs):
        raise KernelError("the certificate has an index that the claim does not have")
    direction, allowed = _DIRECTED[claim.relation]
    reducer = Reducer(claim.hypotheses)
    difference = claim.lhs - claim.rhs if direction > 0 else claim.rhs - claim.lhs
    if not reducer.equal(difference, evidence):
        raise KernelError(f"the certificate {evidence} is not the difference of the two sides")
    own = signs(evidence, reducer.facts)
    if not own <= allowed:
        raise KernelError(f"the sign of the certificate {evidence} does not follow from its shape")
    return reducer.conditions


def _check_transitivity(claim: Claim, premises: tuple[Theorem, ...], evidence: Any) -> tuple[Claim, ...]:
    if not premises or evidence is not None:
        raise KernelError("a chain needs at least one theorem")
    relation, at = "=", claim.lhs
    for premise in premises:
        if premise.claim.lhs != at:
            raise KernelError(f"the chain breaks: {at} is followed by {premise.claim.lhs}")
        if not set(premise.claim.hypotheses) <= set(claim.hypotheses):
            raise KernelError(f"a hypothesis of '{premise.claim}' is lost")
        relation, at = _joined(relation, premise.claim.relation), premise.claim.rhs
    if at != claim.rhs or relation != claim.relation:
        raise KernelError(f"the chain gives '{Claim(claim.lhs, relation, at)}', not '{claim}'")
    return _joint_conditions(premises)


def _check_square(claim: Claim, premises: tuple[Theorem, ...], evidence: Any) -> tuple[Claim, ...]:
    """If a >= b >= 0 then a**2 >= b**2; and where a**2 and b**2 have a value, so have a and b."""
    if len(premises) != 1 or evidence is not None or claim.relation not in ("<=", "<"):
        raise KernelError(f"no square shows '{claim}'")
    squares = Claim(Pow(claim.lhs, 2), claim.relation, Pow(claim.rhs, 2), claim.hypotheses)
    if premises[0].claim != squares:
        raise KernelError(f"'{claim}' does not follow from '{premises[0].claim}'")
    own = signs(claim.rhs, Reducer(claim.hypotheses).facts)
    if not own or not own <= {0, 1}:
        raise KernelError(f"{claim.rhs} may be negative, for all that its shape tells")
    return premises[0].conditions


def _check_lemmas(claim: Claim, premises: tuple[Theorem, ...], evidence: Any) -> tuple[Claim, ...]:
    """What holds given A holds wherever A does; free indices mean 'for every' in a theorem as in a hypothesis."""
    if not premises or evidence is not None:
        raise KernelError("lemmas need a theorem that they are for")
    theorem, *lemmas = premises
    if _without_hypotheses(theorem.claim) != _without_hypotheses(claim):
        raise KernelError(f"'{claim}' is not what '{theorem.claim}' says")
    shown = {_without_hypotheses(lemma.claim) for lemma in lemmas}
    needed = {*theorem.claim.hypotheses} - shown | {h for lemma in lemmas for h in lemma.claim.hypotheses}
    if not needed <= set(claim.hypotheses):
        raise KernelError(f"a hypothesis of '{theorem.claim}' or of a lemma is lost")
    return _joint_conditions(premises)


def _joint_conditions(premises: tuple[Theorem, ...]) -> tuple[Claim, ...]:
    return tuple(dict.fromkeys(c for premise in premises for c in premise.conditions))


def _joined(left: str, right: str) -> str:
    """The relation that follows from one after the other."""
    if left == "=" or right == "=":
        return right if left == "=" else left
    if left[0] == right[0] and left[0] in "<>":
        return left if left == right else left[0]
    raise KernelError(f"nothing follows from {left} and then {right}")


_RULES: dict[str, Callable[[Claim, tuple[Theorem, ...], Any], tuple[Claim, ...]]] = {
    "normal form": _check_normal_form,
    "certificate": _check_certificate,
    "transitivity": _check_transitivity,
    "square": _check_square,
    "lemmas": _check_lemmas,
}

__all__ = [
    "KernelError",
    "Theorem",
    "by_certificate",
    "by_lemmas",
    "by_normal_form",
    "by_square",
    "by_transitivity",
    "is_theorem",
]
