"""The whole function: its name, arguments, docstring and lines.

What is written is text: nothing in `derive` runs it.
"""

from __future__ import annotations

from derive.kernel import KernelError, Theorem, is_theorem
from derive.language.binding import free_indices, walk
from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.language.terms import Derivative, Entry, Sum, Tensor, Term
from derive.language.text import claim_text, text
from derive.layers.program import Layer
from derive.python_source.names import spelled
from derive.python_source.writer import Writer, loss_derivatives

_SIGNS = {(1,): " > 0", (0, 1): " >= 0", (-1, 1): " != 0", (-1, 0): " <= 0", (-1,): " < 0", (0,): " = 0"}


def source(theorem: Theorem, layer: Layer) -> str:
    '''A function that computes the right side of a proved equation.

    >>> from derive.gradients import gradient
    >>> from derive.layers import batchnorm
    >>> print(source(gradient(batchnorm(), of="yhat"), batchnorm()))
    def batchnorm_gradient_yhat(g, gamma):
        """Batch normalization, training mode: dL/dyhat, with g = dL/dz.
    <BLANKLINE>
        g: (m,) or (m, features); gamma: () or (features,).
        Proved by normproof for every m, g and gamma.
        """
        return gamma * g

    The axes of an array are its indices, in order; everything may have one more at the end, that of the features.
    The result has an axis for each index of the left side.
    '''
    if not is_theorem(theorem):
        raise KernelError("this is not a theorem of the kernel; prove its claim, then write it as a function")
    return function(theorem.claim, layer, theorem.conditions, "Proved by normproof")


def function(claim: Claim, layer: Layer, conditions: tuple[Claim, ...], said: str) -> str:
    """The function for an equation, true or not; `said` is what its docstring says of it."""
    if claim.relation != "=":
        raise LanguageError(f"'{claim}' is not an equation, so it doesn't say what to compute")
    writer = Writer(claim, layer)
    returned = writer.result()
    name, value = _named(claim.lhs, layer)
    rows = [f"{layer.title}: {value}{_upstream(writer)}.", "", f"{_shapes(writer)}."]
    if len(writer.layout) > 1:
        rows.append(f"The axes of the result are {_listed([index.name for index in writer.layout])}.")
    rows.append(f"{said}{_for_every(writer)}{_claims(', given ', claim.hypotheses)}{_claims(', where ', conditions)}.")
    if respelled := writer.respelled():
        rows.append(f"Here {_listed([f'{new} is {old}' for old, new in respelled])}.")
    rows = ['"""' + _escaped(rows[0]), *map(_escaped, rows[1:]), '"""']
    head = f"def {name}({', '.join(map(writer.name, writer.arguments))}):"
    lines = "\n".join([*rows, *writer.lines, f"return {returned}"]).split("\n")
    return "\n".join([head, *(f"    {line}" if line else "" for line in lines)])


def _named(lhs: Term, layer: Layer) -> tuple[str, str]:
    """What the function is called, and what it computes."""
    match lhs:
        case Derivative(body=Derivative(), by=by):
            kind, which, usual = "hessian", by.tensor, layer.inputs[0]
        case Derivative(body=Sum(), by=by):
            _, along = _along_tangent(lhs.body, layer)
            moved = f"{along.name}dot" if along else "a tangent"
            name = f"{layer.name}_double_backward_{by.tensor.name}_along_{moved}"
            return spelled(name), f"d<g, {layer.output.name}dot>/d{by.tensor.name} along {moved}, with g held fixed"
        case Derivative(body=Entry(tensor=tensor), by=by) if tensor == layer.loss.tensor:
            kind, which, usual = "gradient", by.tensor, layer.inputs[0]
        case Derivative(body=Entry(tensor=tensor)):
            kind, which, usual = "jacobian", tensor, layer.output
        case Sum():
            kind, which = _along_tangent(lhs, layer)
            said = f"the {kind.upper()} of {which.name}" if which else text(lhs)
            suffix = "" if which in (None, layer.inputs[0]) else f"_{which.name}"
            return spelled(f"{layer.name}_{kind}{suffix}"), said
        case _:
            return spelled(f"{layer.name}_formula"), text(lhs)
    suffix = "" if which == usual else f"_{which.name}"
    return spelled(f"{layer.name}_{kind}{suffix}"), _quotient(lhs, indexed=len(free_indices(lhs)) > 1)


def _along_tangent(lhs: Term, layer: Layer) -> tuple[str, Tensor | None]:
    """What a derivative along a tangent is called, `jvp` or `hvp`, and the name that moves; or just a formula."""
    for part in walk(lhs):
        if isinstance(part, Derivative):
            return ("hvp" if isinstance(part.body, Derivative) else "jvp"), part.by.tensor
    return "formula", None


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
    loss, output = writer.layer.loss.tensor.name, writer.layer.output.name
    meanings = zip(
        loss_derivatives(writer.layer), (f"d{loss}/d{output}", f"d(d{loss}/d{output})/d{output}"), strict=False
    )
    said = [f"{writer.name(tensor)} = {meaning}" for tensor, meaning in meanings if tensor in writer.arguments]
    return f", with {_listed(said)}" if said else ""


def _shapes(writer: Writer) -> str:
    shapes: dict[str, list[str]] = {}
    for tensor in writer.arguments:
        axes = [text(size) for size in tensor.sizes]
        shape = f"{_tuple(axes)} or {_tuple([*axes, 'features'])}"
        shapes.setdefault(shape, []).append(writer.name(tensor))
    return "; ".join(f"{', '.join(names)}: {shape}" for shape, names in shapes.items()) or "It takes nothing"


def _tuple(axes: list[str]) -> str:
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"


def _for_every(writer: Writer) -> str:
    """The quantifiers, with what is assumed of each name."""
    names = list(dict.fromkeys(text(s) for t in writer.arguments for s in t.sizes if isinstance(s, Entry)))
    for tensor in writer.arguments:
        sign = _SIGNS.get(tuple(sorted(tensor.signs)), "")
        names.append(f"{'symmetric ' if tensor.symmetric else ''}{tensor.name}{sign}")
    return f" for every {_listed(names)}" if names else ""


def _claims(word: str, claims: tuple[Claim, ...]) -> str:
    return word + " and ".join(map(claim_text, claims)) if claims else ""


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _escaped(line: str) -> str:
    """A line of a docstring that nothing in it can end."""
    line = line.replace("\\", r"\\").replace('"', r"\"")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
