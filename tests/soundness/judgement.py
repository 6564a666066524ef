"""What the oracle says of a claim and what `decide` says, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from derive.language import Claim, Tensor
from tests.soundness.arithmetic import UndefinedError
from tests.soundness.draws import Inputs, Kind, same_entry
from tests.soundness.evaluation import World
from tests.soundness.oracle import oracle


@dataclass(frozen=True)
class Judgement:
    """A claim, the oracle's word and ours; `complaint` is empty where the two fit together."""

    claim: Claim
    truth: str
    verdict: str
    complaint: str

    def __str__(self) -> str:
        return f"{self.claim}\n    oracle: {self.truth}, we: {self.verdict}: {self.complaint}"


def judge(claim: Claim, draws: int = 3) -> Judgement:
    """Decides a claim, and asks the oracle; numbers at which it fails, evaluated anew, need no second witness."""
    from derive.verdicts import decide

    try:
        verdict = decide(claim)
    except Exception as error:
        return Judgement(claim, oracle(claim, draws), "crashed", f"{type(error).__name__}: {error}")
    if verdict.verdict == "refuted" and not_refuted_by(claim, verdict.counterexample) == "":
        return Judgement(claim, "false", "refuted", "")
    truth = oracle(claim, draws)
    return Judgement(claim, truth, verdict.verdict, _complaint(claim, truth, verdict))


def _complaint(claim: Claim, truth: str, verdict: Any) -> str:
    if verdict.verdict == "proved" and truth == "false":
        return "a false claim is proved"
    return not_refuted_by(claim, verdict.counterexample) if verdict.verdict == "refuted" else ""


def not_refuted_by(claim: Claim, counterexample: Any) -> str:
    """Why a counterexample is none, by evaluation that shares no code with what found it; "" if it is one."""
    here = world_of(counterexample)
    try:
        if not all(map(here.holds, claim.hypotheses)):
            return "the counterexample doesn't satisfy the hypotheses"
        if here.holds_at(claim, counterexample.where):
            return "the claim holds at the counterexample"
    except UndefinedError:
        return "a side has no value at the counterexample"
    return ""


def world_of(counterexample: Any) -> World:
    """The point of a counterexample; what is not said in it can't matter, and is drawn."""
    values, drawn = counterexample.point.values, Inputs(Kind(()), counterexample.sizes, seed=0)

    def entry(tensor: Tensor, position: tuple[int, ...]) -> Any:
        if tensor not in values:
            return drawn(tensor, position)
        return next(values[tensor][at] for at in same_entry(tensor, position) if at in values[tensor])

    return World(counterexample.sizes, entry)
