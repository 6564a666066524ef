"""The derivation scripts: one file a result, readable as a proof."""

from derive.theorems.registry import Statement, statements


def statement(id: str) -> Statement:
    """The statement of an id; raises KeyError for an unknown one."""
    return statements()[id]


def names() -> list[str]:
    """The ids of all statements, in the order in which they build on each other."""
    return list(statements())
