"""What a finding can be an instance of, each with a text that explains it: for programs that show them by kind."""

from __future__ import annotations

from dataclasses import dataclass

from derive.notes.mistakes import MISTAKES


@dataclass(frozen=True)
class Rule:
    """A kind of finding. `level` is how grave it is in SARIF."""

    id: str
    title: str
    help: str
    level: str


VERDICTS = (
    Rule(
        "refuted", "The formula is false.", "There are numbers at which its two sides differ; they are shown.", "error"
    ),
    Rule(
        "undecided",
        "The formula is neither proved nor refuted.",
        "The reason says what is missing; often it is a declaration of what a name means.",
        "note",
    ),
    Rule("unread", "The formula could not be read.", "The reason says what was not understood, and where.", "note"),
    Rule("warning", "The notation misleads.", "The formula can be understood, but a reader may stumble.", "warning"),
)


def rules() -> tuple[Rule, ...]:
    """All kinds: the verdicts, then the common mistakes by their codes."""
    return (*VERDICTS, *(Rule(each.code, each.title, f"{each.why} {each.spot}", "error") for each in MISTAKES.values()))
