"""The noise after batch normalization: what is proved of its mean and variance, at the layers of a trained network."""

from __future__ import annotations

from typing import Any

import torch

from verify.assertions.report import WRONG
from verify.assertions.theorem import check_statement
from verify.experiments.landscape.objective import Objective, same_draws
from verify.experiments.landscape.theorem import calls_of
from verify.experiments.networks.normalizers import NoisyBatchNorm
from verify.workload import Workload

STATEMENTS = ("noisy-output-mean", "noisy-output-variance")
ROWS, DRAWS = 256, 32
"""Every activation is taken with every draw: so many of each."""


def statements(workload: Workload, seed: int) -> list[dict[str, Any]]:
    """Both statements at one channel of each noisy layer, with the shifts m_ij that the layer itself draws there.

    The statements are about noise that is added, whatever the activation is; the scale s_ij is not part of them.
    """
    modules = dict(workload.model.named_modules())
    parameters = dict(workload.model.named_parameters())
    found = []
    for call in calls_of(Objective(workload, seed), channels=1):
        name = call.layer.removesuffix(".norm")
        noisy = modules[name]
        if not isinstance(noisy, NoisyBatchNorm):
            continue
        with same_draws(seed), torch.no_grad():
            _, shift = noisy.noise(torch.zeros(DRAWS, 1, 1, 1, dtype=call.y.dtype))
        values = {
            "y": call.y[0, :ROWS],
            "gamma": call.gamma[0],
            "beta": parameters[f"{call.layer}.bias"][0],
            "epsilon": call.eps,
            "a": shift.flatten(),
        }
        for statement in STATEMENTS:
            report = check_statement(statement, values)
            failed = any(row.verdict == WRONG for row in report.rows)
            found.append({"statement": statement, "layer": name, "ok": report.ok, "failed": failed})
    return found
