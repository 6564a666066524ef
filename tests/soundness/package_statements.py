"""What the scripts of the package prove, as material for mutants: every statement that `derive prove` lists.

Their claims are taken as they stand, since here they are made false; that they say what the papers say is for the
statements that are written anew beside this file.
"""

from __future__ import annotations

from derive.language import Claim
from derive.theorems import statements

EXCEPTIONS: dict[str, str] = {}
"""Statements that are not mutated, each with the reason."""

PACKAGE: dict[str, Claim] = {
    f"{script.build.__module__.rpartition('.')[2]}: {name}": script.theorem.claim
    for name, script in statements().items()
    if name not in EXCEPTIONS
}
