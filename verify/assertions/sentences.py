"""The sentence for what is wrong, from the diagnosis of the residuals."""

from __future__ import annotations

from verify.assertions.case import Observed
from verify.assertions.classify import Finding
from verify.assertions.families import SOFTMAXES, WEIGHTS
from verify.assertions.observe import BY_FORWARD_MODE
from verify.assertions.report import PRECISION, UNSTABLE, WRONG
from verify.assertions.trial import Trial
from verify.diagnosis import diagnose

MILDER = {"one-pass-variance": UNSTABLE, "low-precision": PRECISION}
"""Faults of the diagnosis that are no wrong formula."""


def sentences(trial: Trial) -> dict[str, Finding]:
    """What the diagnosis says, for each of the quantities that it explains."""
    if trial.case.arrangement.layer.name in (*SOFTMAXES, *WEIGHTS):
        return {}  # the diagnosis has no words for them
    values = {name: value for name, value in trial.observed.values.items() if name not in BY_FORWARD_MODE}
    found = diagnose(trial.case, Observed(values), {name: trial.due(name) for name in values})
    if found is None:
        return {}
    verdict = MILDER.get(found.code, WRONG)
    shared = len(found.explains) > 1
    return {name: Finding(verdict, found.says, found.evidence, shared) for name in found.explains}
