"""What the trained networks say of scale invariance, and of the premise of Lemma 4.5."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verify.experiments.initialization.lemma import SOURCE, lemma
from verify.experiments.outcome import FAILED, HELD, UNDECIDED, Outcome
from verify.experiments.store import Numbers

REMARK = "Santurkar et al. 2018, the remark before Lemma 4.5"
SURE = 2.0
"""A sum of norms is exceeded by its sum in float64 by a part in 10^13; by twice as much it is exceeded in earnest."""


def outcomes(networks: Sequence[Numbers]) -> Iterator[Outcome]:
    """Everything that is said of these networks, in the order of the argument."""
    lost = [network for network in networks if not network["finite"]]
    found = [network for network in networks if network["finite"]]
    flat = [network for network in found if network["eps"] == 0]
    raised = [network for network in found if network["eps"]]
    if lost:
        yield _lost(lost)
    if flat or not raised:
        yield _bits("weight-scale", INVARIANT, flat, _invariant(flat))
        yield _within_rounding(flat)
        yield _bits("gradient-of-scaled-weights", GRADIENT, flat, _gradients(flat))
    if raised:
        yield _bits("scale-equivariance", EQUIVARIANT, raised, _equivariant(raised))
        yield _within_rounding(raised)
    yield _bits("scale-invariance-sign", SIGN, [*flat, *raised], _sign([*flat, *raised]))
    yield _premise([network for network in found if network["eps"] is None])
    yield from lemma(found)


INVARIANT = "at epsilon = 0 the network is the same at W* and k W*, k > 0: for powers of two to the last bit"
EQUIVARIANT = "at epsilon > 0 it is the same at k W* as at W* with epsilon / k^2: for powers of two to the last bit"
GRADIENT = "at epsilon = 0 the gradient at k W* is 1/k times that at W*: k W* is as much an optimum as W* is"
SIGN = "-W* turns the signs of the normalized activations: the network is the same only if gamma changes its sign, too"


def _bits(statement: str, claim: str, networks: Sequence[Numbers], says: str) -> Outcome:
    rows = [row["equal"] for network in networks for row in _rows(statement, network)]
    if not rows:
        return Outcome(claim, REMARK, UNDECIDED, "no network with batch normalization was trained", statement)
    wrong = len(rows) - sum(rows)
    counted = f"{len(rows)} comparisons, {wrong or 'none'} of them different" + (f"; {says}" if says else "")
    verdict = FAILED if wrong else HELD
    return Outcome(claim, REMARK, verdict, counted, statement, measured=float(wrong), limit=0.0)


def _rows(statement: str, network: Numbers) -> Iterator[Numbers]:
    """The bitwise comparisons that a statement is about."""
    if statement in ("weight-scale", "scale-equivariance"):
        yield from (row for row in (*network["along"], *network["single"]["along"]) if "equal" in row)
        yield from network.get("alone", ())
    if statement in ("gradient-of-scaled-weights", "scale-equivariance"):
        yield from network["gradients"]
    if statement == "scale-invariance-sign":
        yield from network["turned"]


def _invariant(networks: Sequence[Numbers]) -> str:
    moved = max((row["moved"] or 0.0 for each in networks for row in each["along"]), default=0.0)
    single = max((row["moved"] or 0.0 for each in networks for row in each["single"]["along"]), default=0.0)
    return f"other factors move an output by at most {moved:.1e} by rounding, in float32 by {single:.1e}"


def _equivariant(networks: Sequence[Numbers]) -> str:
    """How far the loss is from invariant."""
    first = networks[0]
    at = {row["k"]: row["loss"] for row in first["along"]}
    shown = ", ".join(f"{_number(at[k])} at k = {k:g}" for k in (2.0**-10, 2.0**-5, 2.0**-1, 1.0, 2.0**10))
    worst = max(networks, key=lambda each: abs(each["nearest"]["loss"] - each["nearest"]["before"]))["nearest"]
    says = f"so the loss is not invariant: {shown} (epsilon = {first['eps']:g}); at the nearest points it moves "
    return says + f"by {abs(worst['loss'] - worst['before']):.1e} at most"


def _number(value: float | None) -> str:
    return "no number" if value is None else f"{value:.6g}"


def _gradients(networks: Sequence[Numbers]) -> str:
    ends = [(each["history"][0][2], each["history"][-1][2]) for each in networks]
    if not ends:
        return ""
    before, after = (max(part) for part in zip(*ends, strict=True))
    return f"the gradient at W* is {after:.2g}, and was {before:.2g} at the start: W* is near an optimum at best"


def _sign(networks: Sequence[Numbers]) -> str:
    rises = [row["loss"] - each["history"][-1][1] for each in networks for row in each["turned"]]
    return f"with gamma as it is the loss changes by {min(rises):+.2g} to {max(rises):+.2g}" if rises else ""


def _within_rounding(networks: Sequence[Numbers]) -> Outcome:
    zero = all(network["eps"] == 0 for network in networks)
    statement = "weight-scale" if zero else "scale-equivariance"
    claim = f"for other factors {'it' if zero else 'that'} holds of each normalized layer up to rounding"
    rows = [row for network in networks for row in (*network["rounding"], *network["single"]["rounding"])]
    ratios = [row["ratio"] for row in rows if row["ratio"] is not None]
    if not ratios:
        return Outcome(claim, REMARK, UNDECIDED, "there is no finite error bound for these layers", statement)
    worst, skipped = max(ratios), sum(row["unbounded"] for row in rows)
    says = f"{len(ratios)} layers and factors, in float64 and float32: at most {worst:.2g} of the worst-case bound"
    says += f"; nothing is said of channels that are nearly constant ({skipped} times)" if skipped else ""
    return Outcome(claim, REMARK, FAILED if worst > 1 else HELD, says, statement, measured=worst, limit=1.0)


def _premise(networks: Sequence[Numbers]) -> Outcome:
    claim = (
        "an optimum W* without normalization is one with it, at gamma = sigma, beta = mu: both gradients vanish there"
    )
    found = [row for network in networks for row in network["premises"]]
    rows = [row for row in found if row["bias"]]
    if not rows:
        none = "no layer has a bias, and gamma and beta behind it, without which the second need not vanish"
        why = none if networks else "no network without normalization was trained"
        return Outcome(claim, SOURCE, UNDECIDED, why, "fact-c1")
    worst = max(rows, key=lambda row: _ratio(row["gradient_with"], row["limit"]))
    ratio = _ratio(worst["gradient_with"], worst["limit"])
    verdict = HELD if ratio <= 1 else FAILED if ratio > SURE else UNDECIDED
    says = f"{len(rows)} layers, gradients by the weights: {_range(row['gradient'] for row in rows)} without, "
    says += f"{_range(row['gradient_with'] for row in rows)} with it, within |gradient| + |what its projection takes|"
    says += f"; {len(found) - len(rows)} layers without a bias are left out" if len(rows) < len(found) else ""
    return Outcome(claim, SOURCE, verdict, says, "fact-c1", measured=worst["gradient_with"], limit=worst["limit"])


def _ratio(value: float, limit: float) -> float:
    return value / limit if limit else float("inf") if value else 0.0


def _range(values: Iterable[float]) -> str:
    found = list(values)
    return f"{min(found):.2g} to {max(found):.2g}"


def _lost(networks: Sequence[Numbers]) -> Outcome:
    kinds = ", ".join(f"seed {each['seed']} {_kind(each['eps'])}" for each in networks)
    says = f"not finite: {kinds}; nothing is said of these. A smaller --rate may help"
    return Outcome("every network is trained to finite weights", SOURCE, UNDECIDED, says)


def _kind(eps: float | None) -> str:
    return "without normalization" if eps is None else f"with epsilon = {eps:g}"
