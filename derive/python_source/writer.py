"""The lines of a function: definitions in the order of the program, sums under names of their own."""

from __future__ import annotations

from collections import Counter

from derive.language.binding import free_indices, walk
from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.language.terms import (
    Add,
    Derivative,
    Div,
    Entry,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Sqrt,
    Sum,
    Tensor,
    Term,
)
from derive.layers.program import Layer
from derive.python_source.arrays import MADE, Arrays, chain, one, ones, sums
from derive.python_source.names import Names, spelled

BROKEN, ADD, MUL, UNARY, POW, ATOM = range(-1, 5)
"""How tightly Python holds a formula together; a broken one is a sum on several lines, never without parentheses."""

WIDTH = 88
"""A sum that is longer gets a line for each summand."""


class Writer:
    """Writes one function; a line is written when it is first needed, so it comes after those that it uses.

    A term is written for a layout: the indices along the axes of its value. What lacks one of them is broadcast.
    """

    def __init__(self, claim: Claim, layer: Layer) -> None:
        self.layer = layer
        self.lines: list[str] = []
        self.layout = tuple(dict.fromkeys((*_order(claim.lhs), *_sorted(claim.lhs), *_sorted(claim.rhs))))
        self._arrays = Arrays()
        self._rhs = self._arrays.plain(claim.rhs)
        self._needed = self._arrays.made_of(self._rhs)
        program = (*layer.inputs, *loss_derivatives(layer), *layer.parameters, *layer.constants, *layer.steps)
        self._inputs = [*_differentiated_by(claim.lhs), *_differentiated_by(claim.rhs), *layer.inputs]
        self._known = list(dict.fromkeys((*program, *self._inputs, *self._needed)))
        self.arguments = [t for t in self._known if t in self._needed and not t.definition and not _is_size(t)]
        self._names = Names()
        for tensor in sorted(self._known, key=lambda t: (t not in self._needed, spelled(t.name) != t.name)):
            self._names(tensor, tensor.name)
        self._written: set[Tensor | Term | str] = set()
        self._with_name = self._sums_with_name()

    def result(self) -> str:
        """What the function returns; the lines before it are then in `lines`."""
        for tensor in self._known:
            if tensor.definition and tensor in self._needed:
                self.name(tensor)
        value, axes = self._rhs, self._arrays.axes(self._rhs)
        if missing := [index for index in self.layout if index not in axes]:
            value = Mul((value, *(ones(index.size)[index] for index in missing)))
        return _closed(*self._write(value, self.layout))

    def name(self, tensor: Tensor) -> str:
        """What a tensor is called; its line is written before."""
        name = self._names(tensor, tensor.name)
        if tensor not in self.arguments:
            self._line(tensor, name)
        return name

    def respelled(self) -> list[tuple[str, str]]:
        """The names that are not spelled as in the formula, and their spelling."""
        used = [tensor for tensor in self._known if tensor in self._written or tensor in self.arguments]
        return [(tensor.name, self.name(tensor)) for tensor in used if self.name(tensor) != tensor.name]

    # Lines

    def _line(self, thing: Tensor | Term | str, name: str) -> None:
        """Writes the line `name = ...`, once."""
        if thing not in self._written:
            self._written.add(thing)
            value = self._contraction(thing) if isinstance(thing, Sum) else self._value(thing)
            self.lines.append(f"{name} = {value}")

    def _value(self, thing: Tensor | Term | str) -> str:
        if not isinstance(thing, Tensor):
            return f'__import__(type({self._sample()}).__module__.partition(".")[0])  # numpy or torch'
        if thing.origin == MADE:
            return self._made(thing)
        if thing.definition is None:
            array = self._array(Entry(thing))
            return f"{self.name(array)}.shape[{array.sizes.index(Entry(thing))}]"
        body = self._arrays.body(thing)
        kept = self._arrays.axes(body)
        return _closed(*self._write(body, tuple(index for index in thing.definition.indices if index in kept)))

    def _array(self, size: Term) -> Tensor:
        """An argument with an axis of this size."""
        for tensor in (*self.arguments, *self._inputs):
            if size in tensor.sizes:
                self.arguments += [] if tensor in self.arguments else [tensor]
                return tensor
        raise LanguageError(f"the function can't know {_size(size)}: none of its arguments is an array of that size")

    def _made(self, thing: Tensor) -> str:
        """An array of ones, or the identity matrix, in the dtype and on the device of the arguments."""
        if not thing.sizes:
            return f"{self._sample()}.sum() ** 0"
        size = thing.sizes[0]
        if thing.symmetric:
            return self._identity(size)
        array = self._array(size)
        at = ["0"] * len(array.sizes)
        at[array.sizes.index(size)] = ":"
        return self.name(array) + (f"[{', '.join(at)}]" if len(at) > 1 else "") + " ** 0"

    def _identity(self, size: Term) -> str:
        vector = self.name(ones(size))
        place = self._names(("place", size), "place")
        self.lines.append(f"{place} = ({vector} > 0).cumsum(0)")
        return f"({place}[:, None] == {place}[None, :]) * {vector}"

    def _sample(self) -> str:
        """An argument that is an array, if there is one."""
        for tensor in sorted(self.arguments, key=lambda tensor: not tensor.sizes):
            return self.name(tensor)
        raise LanguageError("the function can't choose between numpy and torch: it has no arguments")

    # Sums

    def _sums_with_name(self) -> set[Term]:
        """The sums in the result, if it is not one of them, and those that are needed more than once."""
        found = Counter(map(self._arrays.key, sums(self._rhs)))
        if not isinstance(self._rhs, Sum):
            found.update(list(found))
        for tensor in self._needed:
            if tensor.definition:
                found.update(map(self._arrays.key, sums(self._arrays.body(tensor))))
        return {key for key, times in found.items() if times > 1}

    def _sum(self, value: Sum) -> str:
        key = self._arrays.key(value)
        if key not in self._with_name:
            return self._contraction(value)
        name = self._names(key, self._wish(value))
        self._line(key, name)
        return name

    def _wish(self, value: Sum) -> str:
        """A sum by the names of what it multiplies: sum_g_yhat; sums_dg for a vector of sums."""
        entries = [part for part in walk(value) if isinstance(part, Entry) and self._arrays.own(part)]
        return "_".join(["sums" if self._arrays.own(value) else "sum", *(e.tensor.name for e in entries[:4])])

    def _contraction(self, value: Sum) -> str:
        core, bound = chain(value)
        layout = self._arrays.natural(core)
        axes = sorted(layout.index(index) for index in bound)
        written = self._inside(core, layout, ATOM)
        return f"{written}.sum({axes[0] if len(axes) == 1 else tuple(axes)})"

    # Formulas

    def _write(self, value: Term, layout: tuple[Index, ...]) -> tuple[str, int]:
        match value:
            case Number() if value.value < 0:
                return self._write(Neg(Number(-value.value)), layout)
            case Number():
                return str(value.value).replace("/", " / "), ATOM if value.value == int(value.value) else MUL
            case Entry():
                return self._placed(self.name(value.tensor), value, layout), ATOM
            case Sum():
                return self._placed(self._sum(value), value, layout), ATOM
            case Add(summands=(first, *rest)) if rest:
                return _lines([self._inside(first, layout, ADD), *(self._signed(each, layout) for each in rest)])
            case Neg():
                return "-" + self._inside(value.arg, layout, MUL), ADD
            case Mul(factors=(first, *rest)) if rest:
                written = [self._inside(first, layout, MUL), *(self._inside(each, layout, UNARY) for each in rest)]
                return " * ".join(written), MUL
            case Add() | Mul():
                return self._write(value.args[0], layout)
            case Div(numerator=Neg(arg=arg)):
                return self._write(Neg(Div(arg, value.denominator)), layout)
            case Div():
                above, below = self._inside(value.numerator, layout, MUL), self._inside(value.denominator, layout, POW)
                return f"{above} / {below}", MUL
            case Pow():
                return f"{self._inside(value.base, layout, ATOM)} ** {value.exponent}", POW
            case Sqrt():
                return f"{self._inside(value.arg, layout, ATOM)} ** 0.5", POW
            case Function():
                return self._function(value, layout), ATOM
        raise LanguageError(f"a formula of the kind {type(value).__name__} can't be written in Python")

    def _inside(self, value: Term, layout: tuple[Index, ...], level: int) -> str:
        written, own = self._write(value, layout)
        return _closed(written, own) if own >= level or own == BROKEN else f"({written})"

    def _signed(self, value: Term, layout: tuple[Index, ...]) -> str:
        match value:
            case Number() if value.value < 0:
                value = Neg(Number(-value.value))
            case Div(numerator=Neg(arg=arg)):
                value = Neg(Div(arg, value.denominator))
        sign, size = ("-", value.arg) if isinstance(value, Neg) else ("+", value)
        return f"{sign} {self._inside(size, layout, MUL)}"

    def _function(self, value: Function, layout: tuple[Index, ...]) -> str:
        if value.name == "abs":
            return f"abs({_closed(*self._write(value.arg, layout))})"
        xp, arg = self._names("xp", "xp"), value.arg
        self._line("xp", xp)
        if not any(tensor.sizes for tensor in self._arrays.made_of(arg)):
            arg = Mul((arg, Entry(one())))  # torch.exp takes no float
        return f"{xp}.{value.name}({_closed(*self._write(arg, layout))})"

    def _placed(self, written: str, value: Entry | Sum, layout: tuple[Index, ...]) -> str:
        """An array in a layout: its axes in that order, and a new one of length 1 for each that it lacks."""
        own = list(self._arrays.own(value))
        if len(own) == 2 and own[0] == own[1]:
            size, _ = self._write(own[0].size, ())
            written, own = f"{written}[range({size}), range({size})]", own[:1]
        if len(set(own)) != len(own):
            raise LanguageError(f"{value} repeats an index, which can't be written in Python")
        ordered = [index for index in layout if index in own]
        if not (isinstance(value, Entry) and value.tensor.symmetric):
            written += _swaps(own, ordered)
        at = ", ".join(":" if index in own else "None" for index in layout)
        return f"{written}[{at}]" if own and len(own) < len(layout) else written


def loss_derivatives(layer: Layer) -> tuple[Tensor, ...]:
    """The first and the second derivative of the loss of a layer by its output."""
    dependence = layer.gradient.dependence
    second = dependence.derivative if dependence else None
    return (layer.gradient, second) if second else (layer.gradient,)


def _is_size(tensor: Tensor) -> bool:
    return tensor.integer and not tensor.sizes and not tensor.definition


def _size(size: Term) -> str:
    return f"the size {size}" if isinstance(size, Entry) else "its arrays"


def _order(lhs: Term) -> tuple[Index, ...]:
    """The indices of a derivative, also of one along a tangent: those of what is differentiated first."""
    match lhs:
        case Derivative(body=body, by=by):
            return (*_order(body), *by.indices)
        case Entry():
            return lhs.indices
        case Sum():
            return tuple(index for index in _order(lhs.body) if index != lhs.index)
        case Mul():
            return _order(lhs.factors[0])
    return ()


def _differentiated_by(value: Term) -> list[Tensor]:
    """The inputs by which there is a derivative in a term."""
    by = [part.by.tensor for part in walk(value) if isinstance(part, Derivative)]
    return [tensor for tensor in by if not tensor.definition]


def _sorted(value: Term) -> list[Index]:
    return sorted(free_indices(value), key=lambda index: index.name)


def _swaps(own: list[Index], ordered: list[Index]) -> str:
    own, written = [*own], ""
    for place, index in enumerate(ordered):
        other = own.index(index)
        if other != place:
            own[place], own[other] = own[other], own[place]
            written += f".swapaxes({place}, {other})"
    return written


def _lines(summands: list[str]) -> tuple[str, int]:
    """A sum, on several lines if it is long."""
    if sum(map(len, summands)) > WIDTH:
        return "\n".join(summands), BROKEN
    return " ".join(summands), ADD


def _closed(written: str, level: int) -> str:
    """A formula that may stand on a line of its own."""
    indented = written.replace("\n", "\n    ")
    return f"(\n    {indented}\n)" if level == BROKEN else written
