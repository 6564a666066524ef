"""Proved equations as Python functions, which run on NumPy arrays and torch tensors alike.

What is written is text: nothing in `derive` runs it. The axes of an array are its indices, in order; everything may
have one more axis at the end, that of the features.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections import Counter
from collections.abc import Iterator

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
_RESERVED = frozenset({*keyword.kwlist, "__debug__", "__import__", "abs", "range", "type"})
_SIGNS = {(1,): " > 0", (0, 1): " >= 0", (-1, 1): " != 0", (-1, 0): " <= 0", (-1,): " < 0", (0,): " = 0"}
_MADE = "made by the function itself"


def source(theorem: Theorem, layer: Layer) -> str:
    """A function that computes the right side of a proved equation.

    >>> from derive.gradients import gradient
    >>> from derive.layers import batchnorm
    >>> print(source(gradient(batchnorm(), of="yhat"), batchnorm()))
    def batchnorm_gradient_yhat(g, gamma):
        '''Batch normalization, training mode: dL/dyhat, with g = dL/dz.
    <BLANKLINE>
        g: (m,) or (m, features); gamma: () or (features,).
        Proved by normproof for every m, g and gamma.
        '''
        return gamma * g

    The result has an axis for each index of the left side, in order.
    """
    if not is_theorem(theorem):
        raise KernelError("this is not a theorem of the kernel; prove its claim, then write it as a function")
    return function(theorem.claim, layer, theorem.conditions, "Proved by normproof")


def function(claim: Claim, layer: Layer, conditions: tuple[Claim, ...], said: str) -> str:
    """The function for an equation, true or not; `said` is what its docstring says of it."""
    if claim.relation != "=":
        raise LanguageError(f"'{claim}' is not an equation, so it doesn't say what to compute")
    writer = Writer(claim, layer)
    returned = writer.result()
    name, formula = _named(claim.lhs, layer)
    rows = [f"{layer.title}: {formula}{_upstream(writer)}.", "", f"{_shapes(writer)}."]
    if len(writer.layout) > 1:
        rows.append(f"The axes of the result are {_listed([index.name for index in writer.layout])}.")
    rows.append(f"{said}{_for_every(writer)}{_claims(', given ', claim.hypotheses)}{_claims(', where ', conditions)}.")
    if respelled := [f"{new} is {t.name}" for t, new in writer.users_names() if new != t.name]:
        rows.append(f"Here {_listed(respelled)}.")
    rows = ["'''" + _escaped(rows[0]), *map(_escaped, rows[1:]), "'''"]
    lines = "\n".join([*rows, *writer.lines, f"return {returned}"]).split("\n")
    head = f"def {name}({', '.join(map(writer.name, writer.arguments))}):"
    return "\n".join([head, *(f"    {line}" if line else "" for line in lines)])


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
    return spelled(f"{layer.name}_{kind}{suffix}"), _quotient(lhs, indexed=len(free_indices(lhs)) > 1)


def _quotient(value: Term, indexed: bool) -> str:
    match value:
        case Derivative(body=Derivative() as body, by=by):
            return f"d({_quotient(body, indexed)})/d{_quotient(by, indexed)}"
        case Derivative(body=body, by=by):
            return f"d{_quotient(body, indexed)}/d{_quotient(by, indexed)}"
        case Entry() if not indexed:
            return value.tensor.name
    return text(value)


def _upstream(writer: Writer) -> str:
    """What the derivatives of the loss are that the function takes."""
    layer = writer.layer
    first = f"d{layer.loss.tensor.name}/d{layer.output.name}"
    meanings = zip(_derivatives(layer), (first, f"d({first})/d{layer.output.name}"), strict=False)
    said = [f"{writer.name(tensor)} = {meaning}" for tensor, meaning in meanings if tensor in writer.arguments]
    return f", with {_listed(said)}" if said else ""


def _derivatives(layer: Layer) -> tuple[Tensor, ...]:
    """The names of the first and second derivative of the loss by the output."""
    dependence = layer.gradient.dependence
    return (layer.gradient, dependence.derivative) if dependence and dependence.derivative else (layer.gradient,)


def _shapes(writer: Writer) -> str:
    shapes: dict[str, list[str]] = {}
    for tensor in writer.arguments:
        axes = [text(size) for size in tensor.sizes]
        shape = "a number" if tensor.integer else f"{_tuple(axes)} or {_tuple([*axes, 'features'])}"
        shapes.setdefault(shape, []).append(writer.name(tensor))
    return "; ".join(f"{', '.join(names)}: {shape}" for shape, names in shapes.items()) or "It takes nothing"


def _tuple(axes: list[str]) -> str:
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"


def _for_every(writer: Writer) -> str:
    """The quantifiers, with what is assumed of each name."""
    sizes = dict.fromkeys(text(s) for t in writer.arguments for s in t.sizes if isinstance(s, Entry))
    names = [*sizes]
    for tensor in writer.arguments:
        sign = "" if tensor.integer else _SIGNS.get(tuple(sorted(tensor.signs)), "")
        names.append(f"{'symmetric ' if tensor.symmetric else ''}{tensor.name}{sign}")
    return f" for every {_listed(names)}" if names else ""


def _claims(word: str, claims: tuple[Claim, ...]) -> str:
    return word + " and ".join(map(claim_text, claims)) if claims else ""


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _escaped(line: str) -> str:
    """A line of a docstring that nothing in it can end."""
    line = line.replace("\\", r"\\").replace("'''", r"\'\'\'")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def spelled(name: str) -> str:
    """A name as a Python identifier that is neither a keyword nor a function that the source calls."""
    name = unicodedata.normalize("NFKC", name)
    name = "".join(c if f"a{c}".isidentifier() else "_" for c in name)
    name = name if name.isidentifier() else f"_{name}"
    return f"{name}_" if name in _RESERVED else name


class Writer:
    """Writes one function, line by line as they are needed, so that each comes after those that it uses.

    A term is written for a layout: the indices along the axes of its value. What lacks one of them is broadcast.
    """

    def __init__(self, claim: Claim, layer: Layer) -> None:
        self.layer, self.lhs = layer, claim.lhs
        self.lines: list[str] = []
        self._names: dict[object, str] = {}
        self._written: set[object] = set()
        self._bodies: dict[Tensor, Term] = {}
        self._rhs = self._plain(claim.rhs)
        self.layout = tuple(dict.fromkeys((*_order(claim.lhs), *sorted(free_indices(claim.rhs), key=str))))
        self._needed = list(self._made_of(self._rhs))
        program = (*layer.inputs, *_derivatives(layer), *layer.parameters, *layer.constants, *layer.steps)
        self._known = list(dict.fromkeys((*program, *self._needed)))
        self.arguments = [t for t in self._known if t in self._needed and not t.definition and not _is_size(t)]
        for tensor in sorted(self._known, key=lambda tensor: tensor.name != spelled(tensor.name)):
            self._called(tensor, tensor.name)
        self._repeated = self._count_sums()

    def result(self) -> str:
        """What the function returns; `lines` come before it."""
        for tensor in self._known:
            if tensor.definition and tensor in self._needed:
                self.name(tensor)
        value, axes = self._rhs, self._axes(self._rhs)
        if isinstance(value, Sum) and self._key(value) not in self._repeated:
            written, level = self._contraction(value), _ATOM
            written = _placed(written, self._own(value), self.layout)
        else:
            ones = [self._ones(index.size)[index] for index in self.layout if index not in axes]
            written, level = self._write(Mul((value, *ones)) if ones else value, self.layout)
        return f"(\n    {_deeper(written)}\n)" if level == _ADD and "\n" in written else written

    def users_names(self) -> list[tuple[Tensor, str]]:
        """The names that the function uses and did not choose, as they are spelled in it."""
        return [(t, self._names[t]) for t in self._known if t in self._written or t in self.arguments]

    # What the result is made of

    def _plain(self, value: Term) -> Term:
        """The term without derivatives, deltas, and sums of what does not depend on their index."""
        if isinstance(value, Derivative):
            return self._plain(derivative(value.body, value.by))
        if isinstance(value, Delta):
            one = value.left == value.right
            return Number(1) if one else _made("delta", value.left.size, value.left.size)[value.left, value.right]
        value = value.rebuild(tuple(map(self._plain, value.args)))
        if isinstance(value, Sum) and value.index not in self._axes(value.body):
            return Mul((value.index.size, value.body))
        return value

    def _body(self, tensor: Tensor) -> Term:
        if tensor not in self._bodies and tensor.definition:
            self._bodies[tensor] = self._plain(tensor.definition.body)
        return self._bodies[tensor]

    def _made_of(self, value: Term) -> Iterator[Tensor]:
        """The names in a term, each after those that it is made of."""
        for part in walk(value):
            if isinstance(part, Entry) and part.tensor.origin != _MADE:
                if part.tensor.definition and part.tensor not in self._bodies:
                    yield from self._made_of(self._body(part.tensor))
                yield part.tensor

    def _axes(self, value: Term) -> frozenset[Index]:
        """The free indices on which the value really depends."""
        if isinstance(value, Entry):
            return frozenset(self._own(value))
        axes = frozenset[Index]().union(*map(self._axes, value.args))
        return axes - {value.index} if isinstance(value, Sum) else axes

    def _own(self, value: Entry | Sum) -> tuple[Index, ...]:
        """The indices along the axes of a value that has a line of its own."""
        if isinstance(value, Sum):
            core, bound = _chain(value)
            return tuple(index for index in self._natural(core) if index not in bound)
        definition = value.tensor.definition
        if not definition:
            return value.indices
        kept = self._axes(self._body(value.tensor))
        return tuple(i for i, mine in zip(value.indices, definition.indices, strict=True) if mine in kept)

    def _natural(self, value: Term) -> tuple[Index, ...]:
        """The layout in which the arrays of a term lie already, as far as they agree."""
        entries = sorted((self._own(e) for e in walk(value) if isinstance(e, Entry)), key=len, reverse=True)
        return tuple(dict.fromkeys(index for own in entries for index in own if index in self._axes(value)))

    def _count_sums(self) -> set[Term]:
        """The sums that get a name: those in the result, and those that are needed more than once."""
        found = Counter(self._key(value) for value in _sums(self._rhs))
        found.update({key: 1 for key in found} if not isinstance(self._rhs, Sum) else {})
        found.update(self._key(value) for t in self._needed if t.definition for value in _sums(self._body(t)))
        return {key for key, times in found.items() if times > 1}

    def _key(self, value: Sum) -> Term:
        """The sum with its indices called by their place, so that equal sums are equal terms."""
        free = {index: Index(f"axis {place}", index.size) for place, index in enumerate(self._own(value))}
        return _canonical(rename(value, free))

    # Names and lines

    def _called(self, key: object, wish: str) -> str:
        if key not in self._names:
            taken, number, name = set(self._names.values()), 1, spelled(wish)
            while name in taken:
                number += 1
                name = f"{spelled(wish)}_{number}"
            self._names[key] = name
        return self._names[key]

    def name(self, tensor: Tensor) -> str:
        """The name of a tensor, whose line is written if it was not yet."""
        name = self._called(tensor, tensor.name)
        if tensor not in self._written and tensor not in self.arguments:
            self._written.add(tensor)
            written = self._value(tensor)
            self.lines += [f"{name} = {written}"] if written else []
        return name

    def _value(self, tensor: Tensor) -> str:
        """What stands on the line of a tensor; nothing for an argument."""
        if tensor.origin == _MADE:
            return self._identity(tensor.sizes[0]) if tensor.symmetric else f"{self._vector(tensor.sizes[0])} ** 0"
        if tensor.definition:
            body = self._body(tensor)
            axes = self._axes(body)
            written, _ = self._write(body, tuple(index for index in tensor.definition.indices if index in axes))
            return f"(\n    {_deeper(written)}\n)" if "\n" in written else written
        array = self._array(Entry(tensor))
        if array:
            return f"{self.name(array)}.shape[{array.sizes.index(Entry(tensor))}]"
        self.arguments.append(tensor)
        return ""

    def _array(self, size: Term) -> Tensor | None:
        """An argument with an axis of that size."""
        for tensor in (*self.arguments, *self.layer.inputs):
            if size in tensor.sizes:
                self.arguments += [] if tensor in self.arguments else [tensor]
                return tensor
        return None

    def _vector(self, size: Term) -> str:
        array = self._array(size)
        if array is None:
            raise LanguageError(f"'{self.lhs}' has no argument of size {size} to make an array from")
        at = ["0"] * len(array.sizes)
        at[array.sizes.index(size)] = ":"
        return self.name(array) + (f"[{', '.join(at)}]" if len(at) > 1 else "")

    def _ones(self, size: Term) -> Tensor:
        return _made("ones", size)

    def _identity(self, size: Term) -> str:
        """The identity matrix, in the dtype and on the device of the arguments."""
        ones = self.name(self._ones(size))
        place = self._called(("place", size), "place")
        self.lines.append(f"{place} = (ones > 0).cumsum(0)".replace("ones", ones))
        return f"({place}[:, None] == {place}[None, :]) * {ones}"
