"""A misprint in any line of a script is found: where it stands, the line is refuted or can't be written."""

from __future__ import annotations

import runpy
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from derive import theorems
from derive.language import LanguageError
from derive.theorems.derivation import DerivationError
from derive.theorems.registry import SCRIPTS, Statement, collecting, statements
from derive.verdicts import NotProved, Refuted
from tests.theorems.misprints import KINDS, Misprint, misprints

HOME = Path(theorems.__file__).parent
FEW = 1
"""So many misprints of each statement."""

UNCHANGED = {("gradient_along_ones", "sign"), ("weight_growth", "factor")}
"""Misprints that change nothing: what they change is zero."""

LONG = {"residual_variance_linear", "residual_variance_bound"}
"""Where the search for numbers takes minutes, under the hypothesis that covariances add up to zero."""


def path(script: str) -> Path:
    return HOME / f"{script.replace('.', '/')}.py"


def stated(script: str) -> tuple[str, ...]:
    """The functions of a script that are statements."""
    module = f"derive.theorems.{script}"
    return tuple(each.build.__name__ for each in statements().values() if each.build.__module__ == module)


CASES = [
    pytest.param(script, misprint, id=f"{script}-{misprint.id}", marks=[pytest.mark.slow] if place % 6 else [])
    for script in SCRIPTS
    for place, misprint in enumerate(misprints(path(script), stated(script), FEW))
    if (misprint.function, misprint.kind) not in UNCHANGED and misprint.function not in LONG
]
"""Five of six of a script are left to `make test-slow`."""


def ran(source: str, place: Path) -> dict[str, Statement]:
    """The statements of a script that is not the package's."""
    place.write_text(source)
    with collecting() as own:
        runpy.run_path(str(place))
    return {each.build.__name__: each for each in own.values()}


def found(error: Exception) -> bool:
    """Refuted with numbers, left without a proof, or a formula that means nothing."""
    if isinstance(error, DerivationError | NotProved):
        verdict = error.verdict
        return not isinstance(verdict, Refuted) or verdict.counterexample.recheck()
    return isinstance(error, LanguageError | AttributeError)


@pytest.mark.parametrize(("script", "misprint"), CASES)
def test_a_misprint_is_found(script: str, misprint: Misprint, tmp_path: Path) -> None:
    try:
        wrong = ran(misprint.source, tmp_path / "misprint.py")[misprint.function]
        _ = wrong.proof
    except Exception as error:
        assert found(error), f"{misprint.before} -> {misprint.after}: {error!r}"
    else:
        pytest.fail(f"{misprint.before} -> {misprint.after} was not found")


def test_most_misprints_are_refuted_with_numbers(tmp_path: Path) -> None:
    """Left without a proof is enough to stop a reader; numbers tell why. Every seventh is looked at."""
    refuted = [case for case in CASES[::7] if _verdict(case.values[1], tmp_path) == "refuted"]
    assert len(refuted) >= 0.7 * len(CASES[::7])


def _verdict(misprint: Misprint, tmp_path: Path) -> str:
    try:
        _ = ran(misprint.source, tmp_path / "misprint.py")[misprint.function].proof
    except (DerivationError, NotProved) as error:
        return error.verdict.verdict
    except (LanguageError, AttributeError):
        return "unread"
    return "proved"


def test_every_kind_of_misprint_is_made_in_every_room() -> None:
    kinds = {(script.partition(".")[0], misprint.kind) for script, misprint in (case.values for case in CASES)}
    assert {(room, kind) for room in ("paper", "family", "training") for kind in ("sign", "factor")} <= kinds
    assert {kind for _, kind in kinds} == set(KINDS)
    assert len(CASES) > 100


SHARED = misprints(path("family.rows"), ("textbook", "norm", "orthogonal"), few=5, methods=True)
"""Lines that several layers share."""


@pytest.mark.parametrize("misprint", SHARED, ids=[misprint.id for misprint in SHARED])
def test_a_misprint_that_layers_share_is_found_for_one_of_them(
    misprint: Misprint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ModuleType("derive.theorems.family.rows")
    exec(compile(misprint.source, "rows.py", "exec"), rows.__dict__)  # noqa: S102  the package's own text, misprinted
    monkeypatch.setitem(sys.modules, rows.__name__, rows)
    monkeypatch.setattr(import_module("derive.theorems.family"), "rows", rows)
    errors = []
    for script in ("family.layernorm", "family.rmsnorm"):
        for each in ran(path(script).read_text(), tmp_path / "script.py").values():
            try:
                _ = each.proof
            except (DerivationError, NotProved, LanguageError) as error:
                errors.append(error)
                break
    assert errors and all(map(found, errors)), f"{misprint.before} -> {misprint.after} was not found"
