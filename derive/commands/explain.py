"""`derive explain`: what a common mistake is, why it happens, an example and how to spot it."""

from __future__ import annotations

import json
from dataclasses import asdict

from derive.commands.lookup import looked_up
from derive.notes.mistakes import MISTAKES, Mistake


def explain(code: str | None, as_json: bool) -> int:
    """Prints one mistake, or the list of all where no code is given. Raises UnknownName."""
    if code is None:
        print(json.dumps([_fields(each) for each in MISTAKES.values()], indent=2) if as_json else "\n".join(_list()))
        return 0
    mistake = looked_up(code, MISTAKES, "mistake", "derive explain")
    print(json.dumps(_fields(mistake), indent=2) if as_json else text(mistake))
    return 0


def text(mistake: Mistake) -> str:
    """A mistake in a few lines."""
    return "\n".join(
        [
            f"{mistake.code}: {mistake.title}",
            "",
            mistake.why,
            "",
            f"  wrong  {mistake.wrong}",
            f"  right  {mistake.right}",
            "",
            f"How to spot it: {mistake.spot}",
        ]
    )


def _list() -> list[str]:
    width = max(map(len, MISTAKES))
    return [f"{each.code:{width}}  {each.title}" for each in MISTAKES.values()]


def _fields(mistake: Mistake) -> dict[str, str]:
    return asdict(mistake)
