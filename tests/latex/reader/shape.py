"""A tree in one line, so that a test can say what was read."""

from derive.latex.reader import parse
from derive.latex.reader import syntax as tree


def read(latex: str) -> str:
    """The statements of a formula, in one line."""
    return " ; ".join(shape(statement.chain) for statement in parse(latex))


def shape(node: tree.Node) -> str:
    rule = RULES[type(node)]
    return rule(node)


def _all(nodes, between: str = " ") -> str:
    return between.join(map(shape, nodes))


def _signed(nodes, signs) -> str:
    return "(" + " ".join(f"{sign}{shape(node)}" for sign, node in zip(signs, nodes, strict=True)) + ")"


def _scripted(node: tree.Scripted) -> str:
    sub = f"_{shape(node.sub)}" if node.sub else ""
    sup = f"^{shape(node.sup)}" if node.sup else ""
    return f"{shape(node.base)}{chr(39) * node.primes}{sub}{sup}"


def _chain(node: tree.Chain) -> str:
    sides = [shape(side) for side in node.sides]
    return sides[0] + "".join(f" {sign.text} {side}" for sign, side in zip(node.signs, sides[1:], strict=True))


def _big(node: tree.Big) -> str:
    limits = "".join(f"{mark}{shape(limit)}" for mark, limit in (("_", node.lower), ("^", node.upper)) if limit)
    return f"{node.operator}{limits}[{shape(node.body)}]"


def _power(node: tree.Call) -> str:
    base = f"_{shape(node.base)}" if node.base else ""
    return "'" * node.primes + base + (f"^{shape(node.power)}" if node.power else "")


def _partial(node: tree.Partial) -> str:
    return f"d{shape(node.order) if node.order else ''}<{shape(node.body)}>"


RULES = {
    tree.Number: lambda node: str(node.value),
    tree.Name: lambda node: ".".join((node.text, *node.accents)),
    tree.Words: lambda node: f'"{node.text}"',
    tree.Dots: lambda node: "...",
    tree.Nothing: lambda node: "nothing",
    tree.Scripted: _scripted,
    tree.Accented: lambda node: f"{node.accent}({shape(node.body)})",
    tree.Group: lambda node: f"{node.opening or '{'} {shape(node.body)} {node.closing or '}'}",
    tree.Given: lambda node: f"{shape(node.left)} {node.sign} {shape(node.right)}",
    tree.Slice: lambda node: f"{shape(node.lower) if node.lower else ''}:{shape(node.upper) if node.upper else ''}",
    tree.Items: lambda node: _all(node.items, ", "),
    tree.Product: lambda node: _signed(node.factors, [sign and f"{sign} " for sign in node.signs]),
    tree.Terms: lambda node: _signed(node.terms, node.signs),
    tree.Quotient: lambda node: f"[{shape(node.over)} over {shape(node.under)}]",
    tree.Root: lambda node: f"root{'' if node.degree is None else shape(node.degree)}({shape(node.body)})",
    tree.Big: _big,
    tree.Call: lambda node: f"{node.function.text}{_power(node)}:{shape(node.argument)}",
    tree.Partial: _partial,
    tree.Nabla: lambda node: f"nabla{'_' + shape(node.by) if node.by else ''}<{shape(node.body)}>",
    tree.Labelled: lambda node: f"{shape(node.body)}#",
    tree.Evaluated: lambda node: f"{shape(node.body)}|_{shape(node.place)}",
    tree.Table: lambda node: f"{node.kind}[{' / '.join(_all(row, ' & ') for row in node.rows)}]",
    tree.Chain: _chain,
}
