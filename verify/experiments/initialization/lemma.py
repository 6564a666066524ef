"""What the trained networks say of Lemma 4.5: a statement for each part of it, over all layers, starts and networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verify.experiments.outcome import FAILED, HELD, UNDECIDED, Outcome
from verify.experiments.store import Numbers

SOURCE = "Santurkar et al. 2018, Lemma 4.5"
PARTS = {
    "lemma-4.5-printed": "k W* with k = <W0, W*> / |W*|^2 is as near to W0 as the printed bound says: with equality",
    "lemma-4.5-nearest": "no other multiple of W* is as near to W0 as k W*",
    "lemma-4.5-on-the-ray": "where <W0, W*> > 0, k > 0: k W* is on the ray of optima",
    "lemma-4.5-strict": "k W* is strictly nearer to W0 than W*, unless k = 1",
    "lemma-4.5-other-side": "where <W0, W*> <= 0, each point of the ray is farther than 0, and fails the printed bound",
    "lemma-4.5-infimum": "where <W0, W*> <= 0, points of the ray come as near to W0 as 0 does, and none is nearest",
}


def lemma(networks: Sequence[Numbers]) -> Iterator[Outcome]:
    """An outcome for each part; it is decided in exact arithmetic, so there is no tolerance."""
    cases = [case for network in networks for layer in network["layers"] for case in layer["starts"].values()]
    missing = [layer["name"] for network in networks for layer in network["layers"] if not layer["starts"]]
    for statement, claim in PARTS.items():
        yield _part(statement, claim, [case for case in cases if statement in case["violations"]], missing)
    yield _nested(networks)


def _part(statement: str, claim: str, cases: list[Numbers], missing: list[str]) -> Outcome:
    wrong = sum(case["violations"][statement] for case in cases)
    if not cases:
        which = f"W* = 0 in {', '.join(missing)}" if missing else "no layer and start meets its hypotheses"
        return Outcome(claim, SOURCE, UNDECIDED, f"not tried: {which}", statement)
    factors = f"k from {min(case['k'] for case in cases):.3g} to {max(case['k'] for case in cases):.3g}"
    says = f"{len(cases)} pairs of W0 and W*, {factors}, in exact arithmetic: "
    says += f"violated {wrong} times" if wrong else _measured(statement, cases)
    says += f"; no ray where W* = 0 ({', '.join(missing)})" if missing else ""
    return Outcome(claim, SOURCE, FAILED if wrong else HELD, says, statement, measured=float(wrong), limit=0.0)


def _measured(statement: str, cases: list[Numbers]) -> str:
    points = cases[0]["points"]
    gains = [(case["nearest"] / case["apart"]) ** 0.5 for case in cases if case["apart"]] or [1.0]
    short = [1 - (case["printed"] / case["start"]) ** 0.5 for case in cases if case["start"]] or [0.0]
    return {
        "lemma-4.5-printed": "both sides are the same number",
        "lemma-4.5-nearest": f"{points} others on each ray, from 2^-40 to 2^10 and around k, are all farther",
        "lemma-4.5-on-the-ray": "all of them positive",
        "lemma-4.5-strict": f"|W0 - k W*| is {min(gains):.3g} to {max(gains):.3g} of |W0 - W*|",
        "lemma-4.5-other-side": f"the bound is below |W0| by {min(short):.1e} to {max(short):.1e} of it",
        "lemma-4.5-infimum": "found to within 2^-40 of |W0|^2 + |W*|^2",
    }[statement]


def _nested(networks: Sequence[Numbers]) -> Outcome:
    """Each layer, and each filter, may have a factor of its own: what is nearest then is at least as near."""
    claim = "with a factor for each layer an optimum comes at least as near as with one for all; for each filter, again"
    found = [network["nested"] for network in networks]
    if not found:
        return Outcome(claim, SOURCE, UNDECIDED, "no network was trained", "lemma-4.5-nearest")
    wrong = sum(not each["ordered"] for each in found)
    names = ("apart", "together", "by_layer", "by_filter")
    first, *others = [sum(each[name] for each in found) ** 0.5 for name in names]
    parts = ", ".join(f"{other / first:.3g}" for other in others) if first else "W0 = W*"
    turned, filters = (sum(each[name] for each in found) for name in ("turned", "filters"))
    says = f"of |W0 - W*| there remain {parts} (one factor, one a layer, one a filter); "
    says += f"{turned} of {filters} filters have no positive overlap with their start"
    verdict = FAILED if wrong else HELD
    return Outcome(claim, SOURCE, verdict, says, "lemma-4.5-nearest", measured=float(wrong), limit=0.0)
