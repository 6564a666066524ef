"""Proved gradients as Python functions, which run on NumPy arrays and torch tensors alike.

What is written is text: nothing here, or anywhere in `derive`, runs it. Axis 0 of an array is its first index, and
what has no index at all is one number or one for each feature, along the last axis.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from derive.calculus import derivative
from derive.kernel import KernelError, Theorem, is_theorem
from derive.language.claims import Claim
from derive.language.terms import (
    Add,
    Delta,
    Derivative,
    Div,
    Entry,
    Function,
    Index,
    LanguageError,
    Mul,
    Neg,
    Number,
    Pow,
    Sqrt,
    Sum,
    Tensor,
    Term,
    free_indices,
    rename,
    walk,
)
from derive.language.text import claim_text, text
from derive.layers.program import Layer

_ADD, _MUL, _UNARY, _POW, _ATOM = range(5)
_WIDTH = 88
_RESERVED = {*keyword.kwlist, "__debug__", "__import__", "abs", "range", "type"}
_SIGNS = {(1,): " > 0", (0, 1): " >= 0", (-1, 1): " != 0", (-1, 0): " <= 0", (-1,): " < 0", (0,): " = 0"}


def source(theorem: Theorem, layer: Layer) -> str:
    """A function that computes the right side of a proved equation from its inputs.

    >>> from derive.gradients import gradient
    >>> from derive.layers import batchnorm
    >>> print(source(gradient(batchnorm(), of="bias"), batchnorm()))
    def batchnorm_gradient_beta(g):
        \"\"\"Batch normalization, training mode: dL/dbeta, with g = dL/dz.
    <BLANKLINE>
        g: (m,) or (m, features).
        Proved by normproof for every m and g.
        \"\"\"
        return g.sum(0)

    The result has an axis for each index of the left side, in order, and then that of the features.
    """
    if not is_theorem(theorem):
        raise KernelError("only a theorem of this kernel is written as a proved function; prove the claim first")
    return function(theorem.claim, theorem.conditions, layer, "Proved by normproof")


def function(claim: Claim, conditions: tuple[Claim, ...], layer: Layer, said: str) -> str:
    """The function for a claim, proved or not; `said` is what its docstring says of the claim."""
    if claim.relation != "=":
        raise LanguageError(f"'{claim}' is not an equation, so it does not say what to compute")
    body = Body(claim, layer)
    returned = body.result()
    name, formula = _named(claim.lhs, layer)
    rows = [f"{layer.title}: {formula}{_upstream(body)}.", "", f"{_shapes(body)}."]
    if len(body.layout) > 1:
        rows.append(", ".join(f"axis {place} is {i}" for place, i in enumerate(body.layout)).capitalize() + ".")
    rows.append(f"{said}{_for_every(body)}{_under(', given ', claim.hypotheses)}{_under(', where ', conditions)}.")
    if respelled := [f"{new} is {tensor.name}" for tensor, new in body.used.items() if new != tensor.name]:
        rows.append(f"Here {_listed(respelled)}.")
    rows = ['"""' + _escaped(rows[0]), *map(_escaped, rows[1:]), '"""']
    lines = [*rows, *body.lines, f"return {returned}"]
    indented = "\n".join(lines).replace("\n", "\n    ").replace("\n    \n", "\n\n")
    return f"def {name}({', '.join(map(body.name, body.arguments))}):\n    {indented}"


# The docstring


def _named(lhs: Term, layer: Layer) -> tuple[str, str]:
    """What the function is called, and what it computes."""
    match lhs:
        case Derivative(body=Derivative(), by=by):
            kind, which, usual = "hessian", by.tensor, layer.inputs[0]
        case Derivative(body=Entry(tensor=tensor), by=by) if tensor == layer.loss.tensor:
            kind, which, usual = "gradient", by.tensor, layer.inputs[0]
        case Derivative(body=Entry(tensor=tensor)):
            kind, which, usual = "jacobian", tensor, layer.output
        case _:
            return spelled(f"{layer.name}_formula"), text(lhs)
    suffix = "" if which == usual else f"_{which.name}"
    return spelled(f"{layer.name}_{kind}{suffix}"), _quotient(lhs, len(free_indices(lhs)) > 1)


def _quotient(value: Term, indexed: bool) -> str:
    match value:
        case Derivative(body=Derivative() as body, by=by):
            return f"d({_quotient(body, indexed)})/d{_quotient(by, indexed)}"
        case Derivative(body=body, by=by):
            return f"d{_quotient(body, indexed)}/d{_quotient(by, indexed)}"
        case Entry() if not indexed:
            return value.tensor.name
    return text(value)


def _upstream(body: Body) -> str:
    """What the derivatives of the loss among the arguments are."""
    layer, said = body.layer, []
    first = layer.gradient
    second = first.dependence.derivative if first.dependence else None
    loss, output = layer.loss.tensor.name, layer.output.name
    if first in body.arguments:
        said.append(f"{first} = d{loss}/d{output}")
    if second in body.arguments:
        said.append(f"{second} = d(d{loss}/d{output})/d{output}")
    return f", with {_listed(said)}" if said else ""


def _shapes(body: Body) -> str:
    shapes: dict[tuple[str, ...], list[str]] = {}
    for tensor in body.arguments:
        axes = tuple("()"[:0] + text(size) for size in tensor.sizes)
        shapes.setdefault(axes, []).append(body.name(tensor))
    return "; ".join(f"{', '.join(names)}: {_shape(axes)}" for axes, names in shapes.items()) or "No arguments"


def _shape(axes: tuple[str, ...]) -> str:
    own = f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"
    return f"{own} or ({axes[0]}, features)" if len(axes) == 1 else f"{own} or {_with_features(axes)}"


def _with_features(axes: tuple[str, ...]) -> str:
    return f"({', '.join((*axes, 'features'))})" if axes else "(features,)"


def _for_every(body: Body) -> str:
    """The quantifiers, with what was assumed of each name."""
    names = [text(size) for size in dict.fromkeys(s for t in body.arguments for s in t.sizes) if _is_size(size)]
    for tensor in body.arguments:
        symmetric = "symmetric " if tensor.symmetric else ""
        names.append(symmetric + tensor.name + _SIGNS.get(tuple(sorted(tensor.signs)), ""))
    return f" for every {_listed(names)}" if names else ""


def _under(word: str, claims: tuple[Claim, ...]) -> str:
    return word + " and ".join(map(claim_text, claims)) if claims else ""


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _escaped(line: str) -> str:
    """A line of a docstring, which a name in it can't end."""
    return "".join(
        c if c.isprintable() and c not in '\\"' else c.encode("unicode_escape").decode() if c != '"' else r"\""
        for c in line
    )


# Names


def spelled(name: str) -> str:
    """A name as a Python identifier that is neither a keyword nor a function that the text calls."""
    name = unicodedata.normalize("NFKC", name)
    name = "".join(c if f"a{c}".isidentifier() else "_" for c in name) or "x"
    name = name if name.isidentifier() else f"_{name}"
    return f"{name}_" if name in _RESERVED else name


class Names:
    """Gives every key a name of its own, that of its wish where it is free."""

    def __init__(self) -> None:
        self._given: dict[object, str] = {}

    def __call__(self, key: object, wish: str) -> str:
        if key not in self._given:
            name, number, taken = spelled(wish), 1, set(self._given.values())
            while name in taken:
                number += 1
                name = f"{spelled(wish)}_{number}"
            self._given[key] = name
        return self._given[key]


# The body


def _is_size(value: Term) -> bool:
    return isinstance(value, Entry) and value.tensor.integer and not value.indices and not value.tensor.definition


def _helper(name: str, *sizes: Term) -> Tensor:
    """An array that the function makes: `ones`, and the identity matrix `delta`."""
    return Tensor(name, sizes, symmetric=len(sizes) == 2, origin="derive.python_source")


class Body:
    """The lines of one function, written as they are needed: a line comes after those that it uses.

    A term is written for a layout, the indices along the axes of the result; what lacks one of them is broadcast.
    """

    def __init__(self, claim: Claim, layer: Layer) -> None:
        self.claim, self.layer = claim, layer
        self.lines: list[str] = []
        self._names = Names()
        self._bodies: dict[Tensor, Term] = {}
        self._written: set[object] = set()
        self._extra: list[Tensor] = []
        self.rhs = self.plain(claim.rhs)
        self.layout = _order(claim.lhs, claim.rhs)
        self.reserve(self.known)

    # What there is

    @cached_property
    def known(self) -> list[Tensor]:
        """The names of the layer and of the claim, those of the layer first."""
        gradient = self.layer.gradient
        second = gradient.dependence.derivative if gradient.dependence else None
        loss = (gradient, second) if second else (gradient,)
        own = (*self.layer.inputs, *loss, *self.layer.parameters, *self.layer.constants, *self.layer.steps)
        return list(dict.fromkeys((*own, *self.mentioned)))

    @cached_property
    def mentioned(self) -> list[Tensor]:
        """The names that the result is made of, each after those that it is made of."""
        found: dict[Tensor, None] = {}

        def visit(value: Term) -> None:
            for part in walk(value):
                if isinstance(part, Entry) and part.tensor not in found:
                    if part.tensor.definition:
                        visit(self.body(part.tensor))
                    found[part.tensor] = None

        visit(self.rhs)
        return [tensor for tensor in found if tensor.origin != "derive.python_source"]

    @cached_property
    def arguments_needed(self) -> list[Tensor]:
        leaves = [t for t in self.mentioned if not t.definition and not _is_size(Entry(t, ()) if not t.sizes else _ONE)]
        return sorted(leaves, key=self.known.index)

    @property
    def arguments(self) -> list[Tensor]:
        return sorted({*self.arguments_needed, *self._extra}, key=self.known.index)
