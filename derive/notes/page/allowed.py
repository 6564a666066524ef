"""MathML that may stand in a page: known elements with known attributes, and nothing that could run or load."""

from __future__ import annotations

import re
from html.entities import html5
from xml.etree import ElementTree

ELEMENTS = frozenset(
    (
        "math mrow mi mo mn mtext ms mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts "
        "mprescripts none mtable mtr mtd mphantom mpadded mstyle merror b"
    ).split()
)
ATTRIBUTES = frozenset(
    (
        "display displaystyle scriptlevel mathvariant accent accentunder stretchy lspace rspace form fence separator "
        "largeop movablelimits symmetric minsize maxsize linethickness width height depth voffset"
    ).split()
)
CLASSES = {"text-align: left": "left", "text-align: right": "right", "padding-left:1em": "apart"}
"""Styles that are kept, as classes of our own; all others are dropped."""

DEEPEST = 150
"""MathML that is nested deeper is refused."""

_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]*;)")
_VALUE = re.compile(r"[\w.%+-]*")


class Refused(ValueError):
    """Markup that is not MathML as it should be."""


def allowed(markup: str, marked: str) -> str:
    """MathML with nothing in it that is not known; what has the colour `marked` gets the class `marked` instead.

    Raises Refused for what is no MathML, or is nested too deep.
    """
    try:
        root = ElementTree.fromstring(_ENTITY.sub(lambda found: html5.get(found[1], found[0]), markup))
    except (ElementTree.ParseError, RecursionError) as error:
        raise Refused(str(error)) from None
    if root.tag != "math" or _depth(root) > DEEPEST:
        raise Refused("it is nested too deep")
    for element in [*root.iter()]:
        _clean(element, marked)
    return ElementTree.tostring(root, encoding="unicode")


def _depth(root: ElementTree.Element) -> int:
    deepest, left = 0, [(root, 1)]
    while left:
        element, depth = left.pop()
        deepest = max(deepest, depth)
        left += [(child, depth + 1) for child in element]
    return deepest


def _clean(element: ElementTree.Element, marked: str) -> None:
    """Keeps what is known of one element: boxes and colours become classes."""
    given = dict(element.attrib)
    element.attrib.clear()
    names = [name for style, name in CLASSES.items() if style in given.get("style", "")]
    if marked in given.get("style", ""):
        names.append("marked")
        _with_spaces(element)
    if element.tag == "menclose":
        names.append("boxed" if given.get("notation") == "box" else "struck")
        element.tag = "mrow"
    if element.tag not in ELEMENTS:
        element.tag = "mrow"
    element.attrib.update({name: value for name, value in given.items() if _is_known(name, value)})
    if names:
        element.set("class", " ".join(names))


def _is_known(name: str, value: str) -> bool:
    return name in ATTRIBUTES and _VALUE.fullmatch(value) is not None


def _with_spaces(element: ElementTree.Element) -> None:
    """A sign that is marked by itself keeps the space around it."""
    if len(element) == 1 and element[0].tag == "mo":
        for name in ("lspace", "rspace"):
            element[0].attrib.pop(name, None)
