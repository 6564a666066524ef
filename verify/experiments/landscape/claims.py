"""What is claimed of normalization, and whether it held: every claim with its source and its criterion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from verify.experiments.landscape import noise, theorem
from verify.experiments.landscape.families import Family
from verify.experiments.landscape.judging import final_loss, judged, nearer, ratio, seed_ratio
from verify.experiments.landscape.runs import Runs, norms_of, theorem_records
from verify.experiments.landscape.settings import LENGTHS, NOISY, NORMALIZED, PLAIN, Settings
from verify.experiments.outcome import FAILED, HELD, UNDECIDED, Outcome

PAPER = "Santurkar et al. 2018"
CLAIMS: dict[str, tuple[tuple[str, str, str, bool], ...]] = {
    "range": (("width", "with {} the loss varies less along the gradient", "Figure 4(a)", True),),
    "smoothness": (
        ("predictiveness", "with {} the gradient changes less along its own direction", "Figure 4(b)", True),
        ("beta", "with {} the effective beta-smoothness is better (smaller)", "Figure 4(c)", True),
        ("random beta", "with {} beta is smaller along random directions too", "the appendix on Figure 4", True),
        ("gradient", "with {} the gradient is shorter", "what Section 4 concludes from Theorem 4.1", True),
    ),
    "shift": (
        ("shift", "with {} the internal covariate shift |G - G'| is not smaller", "Section 2.2, Figure 3", False),
        ("angle", "with {} the angle between G and G' is not smaller", "Section 2.2, Figure 3", False),
    ),
}
"""By measure: the quantity, the claim, where it is made, and whether it says `smaller` or `larger`."""


def by_measure(families: Sequence[Family], runs: Runs, settings: Settings) -> dict[str, list[Outcome]]:
    """The outcomes of every measure but divergence."""
    found: dict[str, list[Outcome]] = {measure: [] for measure in settings.measures}
    for family in families:
        networks = runs.get(family.name, {})
        for measure in CLAIMS.keys() & found.keys():
            found[measure] += _compared(family, networks, norms_of(family, settings)[1:], measure)
        if family.name == "vgg" and "noise" in found:
            found["noise"] += [*_as_well(family, networks, NOISY, "Section 2.1, Figure 2"), *_proved_noise(networks)]
        if family.name == "vgg" and "norms" in found:
            for norm in LENGTHS:
                found["norms"] += [*_as_well(family, networks, norm, "Section 3.3"), *_smoother(family, networks, norm)]
    if "theorem" in found:
        found["theorem"] = list(_proved_theorem(runs))
    return found


def _compared(family: Family, networks: Any, norms: Sequence[str], measure: str) -> Iterator[Outcome]:
    for quantity, claim, where, smaller in CLAIMS[measure]:
        for norm in norms:
            ratios = [
                seed_ratio(run, base, quantity) for run, base in zip(networks[norm], networks[PLAIN], strict=True)
            ]
            said = f"{family.title}: {claim.format(norm)}"
            yield judged(said, f"{PAPER}, {where}", ratios, smaller=smaller)


def _as_well(family: Family, networks: Any, norm: str, where: str) -> Iterator[Outcome]:
    """Better than without, and nearer to batch normalization than to that."""
    runs = list(zip(networks[norm], networks[NORMALIZED], networks[PLAIN], strict=True))
    better = [ratio(final_loss(run), final_loss(plain)) for run, _, plain in runs]
    near = [nearer(run, normalized, plain) for run, normalized, plain in runs]
    source = f"{PAPER}, {where}"
    yield judged(f"{family.title}: with {norm} it trains better than without", source, better)
    claim = f"{family.title}: the final loss with {norm} is nearer to that with {NORMALIZED} than to that without"
    yield judged(claim, source, near)


def _smoother(family: Family, networks: Any, norm: str) -> Iterator[Outcome]:
    ratios = [seed_ratio(run, base, "beta") for run, base in zip(networks[norm], networks[PLAIN], strict=True)]
    claim = f"{family.title}: with {norm} the effective beta-smoothness is better (smaller) than without"
    yield judged(claim, f"{PAPER}, Section 3.3", ratios)


def _proved_noise(networks: Any) -> Iterator[Outcome]:
    """The two statements on the noise, at the layers of the trained networks."""
    checked = [each for run in networks[NOISY] for each in run.get("statements", ())]
    says = {
        noise.STATEMENTS[0]: "noise added after batch normalization moves the mean by its own",
        noise.STATEMENTS[1]: "noise added after batch normalization adds its variance",
    }
    for statement in noise.STATEMENTS:
        own = [each for each in checked if each["statement"] == statement]
        held = sum(each["ok"] for each in own)
        failed = any(each["failed"] for each in own)
        verdict = FAILED if failed else HELD if own and held == len(own) else UNDECIDED
        said = f"held in {held} of {len(own)} layers, one channel each, under its rounding error bound"
        yield Outcome(says[statement], f"{PAPER}, Section 2.1", verdict, said, statement)


THEOREM = {
    theorem.STATEMENTS[0]: "the squared gradient below batch normalization is gamma^2/s^2 (|g|^2 - ...), exactly",
    theorem.STATEMENTS[1]: "the squared gradient below batch normalization is at most what Theorem 4.1 prints",
    theorem.STATEMENTS[2]: "batch normalization does not lengthen the gradient where |gamma| <= s",
}


def _proved_theorem(runs: Runs) -> Iterator[Outcome]:
    """Theorem 4.1, at every layer, channel and step that was measured."""
    layers = [layer for record in theorem_records(runs) for layer in record["theorem"]]
    for statement, claim in THEOREM.items():
        own = [layer for layer in layers if statement in layer["excess"]]
        yield _held_everywhere(statement, claim, own)


def _held_everywhere(statement: str, claim: str, layers: list[dict[str, Any]]) -> Outcome:
    source = f"{PAPER}, Theorem 4.1"
    applied = [layer for layer in layers if layer["applies"][statement]]
    if not applied:
        why = "no batch normalization was measured" if not layers else "in none of the channels is |gamma| <= s"
        return Outcome(claim, source, UNDECIDED, why, statement)
    known = [layer["excess"][statement] for layer in applied if layer["excess"][statement] is not None]
    channels = sum(layer["applies"][statement] for layer in applied)
    says = f"{channels} gradients of channels, at {len(applied)} places in training; "
    says += f"off by at most {max(known, default=inf):.2g} of what rounding explains"
    if len(known) < len(applied):
        says += f"; of {len(applied) - len(known)} places nothing can be said, since numbers are not finite there"
    verdict = FAILED if any(each > 1 for each in known) else UNDECIDED if len(known) < len(applied) else HELD
    return Outcome(claim, source, verdict, says, statement, measured=max(known, default=inf), limit=1.0)
