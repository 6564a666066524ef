"""What is written at a name and is no index, as a part of the name: different subscripts make different names."""

from __future__ import annotations

from typing import TypeGuard

from derive.latex.reader import syntax as tree
from derive.latex.reader.fonts import GREEK

VARIANTS = {"varepsilon": "epsilon", "varphi": "phi", "vartheta": "theta", "varrho": "rho", "varsigma": "sigma"}
"""Two shapes of one letter."""


def key_of(name: tree.Name) -> str:
    """A name with its accents, whatever its font: `x.hat`."""
    text = VARIANTS.get(name.text, name.text)
    return ".".join((text, *name.accents)) if name.accents else text


def label_of(node: tree.Node) -> str:
    """A subscript that is a part of a name, as letters: two that are written differently are never the same.

    Words and letters are as they are, letters that stand side by side have commas between them; what else there is has
    braces around it, and is LaTeX, with \\sp and \\sb for the marks that a key has between its parts.
    """
    if isinstance(node, tree.Name) and _is_plain(node.text):
        return key_of(node)
    if isinstance(node, tree.Number):
        return str(node.value)
    if isinstance(node, tree.Words) and _is_plain(node.text.replace(" ", "")):
        return node.text.strip().replace(" ", "~")
    if isinstance(node, tree.Group) and not node.opening and not node.closing:
        return label_of(node.body)
    if isinstance(node, tree.Product) and not any(node.signs):
        return ",".join(map(label_of, node.factors))
    if isinstance(node, tree.Items):
        return ";".join(map(label_of, node.items))
    if isinstance(node, tree.Scripted) and isinstance(node.sup, tree.Number) and _is_bare(node):
        return f"{label_of(node.base)}^{node.sup.value}"
    return f"{{{_latex(node)}}}"


def _is_bare(node: tree.Scripted) -> bool:
    return isinstance(node.base, tree.Name) and node.sub is None and not node.primes


def computed_in(node: tree.Node) -> frozenset[str]:
    """The letters that a subscript or a superscript depends on: t of t-1 and of t, none of a word such as `train`."""
    if isinstance(node, tree.Product) and len(node.factors) > 2 and not any(node.signs):
        node = tree.Product(node.start, node.end, tuple(part for part in node.factors if not _is_letter(part)), ())
    return frozenset(part.text for part in node.walk() if _is_letter(part))


def _is_letter(node: tree.Node) -> TypeGuard[tree.Name]:
    return isinstance(node, tree.Name) and len(node.text) == 1 and not node.accents


def label_latex(label: str) -> str:
    """A label as LaTeX."""
    if label in GREEK:
        return f"\\{label}"
    if "{" in label:
        return label.removeprefix("{").removesuffix("}").replace(r"\sp", "^").replace(r"\sb", "_").replace(";", ",")
    return label if len(label) == 1 else rf"\mathrm{{{label.replace(';', ',')}}}"


def _is_plain(text: str) -> bool:
    return all(letter.isalnum() for letter in text)


def _latex(node: tree.Node) -> str:
    """A tree as text that says all that was written, but for where and in which font."""
    if isinstance(node, tree.Terms):
        return "".join(f"{sign}{_inner(term)}" for sign, term in zip(_signs(node), node.terms, strict=True))
    if isinstance(node, tree.Product):
        signs = (f"{sign} " if sign.startswith("\\") else sign for sign in node.signs)
        return " ".join(f"{sign}{_inner(factor)}" for sign, factor in zip(signs, node.factors, strict=True))
    if isinstance(node, tree.Chain):
        first, *rest = map(_inner, node.sides)
        return first + "".join(f"{sign.text} {side}" for sign, side in zip(node.signs, rest, strict=True))
    if isinstance(node, tree.Scripted):
        below = "" if node.sub is None else rf"\sb{{{_inner(node.sub)}}}"
        above = (r"\prime" * node.primes) + ("" if node.sup is None else _inner(node.sup))
        return f"{_inner(node.base)}{below}" + (rf"\sp{{{above}}}" if above else "")
    if isinstance(node, tree.Group):
        opening = f"{node.opening} " if node.opening.startswith("\\") else node.opening
        return f"{opening}{_inner(node.body)}{node.closing}"
    if isinstance(node, tree.Quotient):
        return rf"\frac{{{_inner(node.over)}}}{{{_inner(node.under)}}}"
    if isinstance(node, tree.Slice):
        return ":".join("" if end is None else _inner(end) for end in (node.lower, node.upper))
    return _plainly(node)


def _signs(node: tree.Terms) -> tuple[str, ...]:
    return ("" if node.signs[0] == "+" else node.signs[0], *node.signs[1:])


def _inner(node: tree.Node) -> str:
    """A part of a subscript: a letter or a number is plain, what else there is keeps its braces."""
    if isinstance(node, tree.Name) and not node.accents and _is_plain(node.text):
        text = VARIANTS.get(node.text, node.text)
        return f"\\{text} " if text in GREEK else text if len(text) == 1 else rf"\mathrm{{{text}}}"
    if isinstance(node, tree.Number):
        return str(node.value)
    return label_of(node) if isinstance(node, tree.Product | tree.Items) else f"{{{_latex(node)}}}"


def _plainly(node: tree.Node) -> str:
    """The kind of a node, what it says itself, and its parts."""
    own = (getattr(node, name) for name in node.__dataclass_fields__ if name not in ("start", "end"))
    said = "".join(rf"\text{{{value}}}" for value in own if isinstance(value, str | int) or _is_texts(value))
    parts = "".join(f"{{{_inner(child)}}}" for child in node.children())
    kind = "" if isinstance(node, tree.Name | tree.Words) else f"\\{type(node).__name__}"
    return f"{kind}{said}{parts}"


def _is_texts(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(each, str) for each in value)
