"""The benchmark of audits: its ratios, its table, and one small model measured for real. No times are asserted."""

import pytest
import torch

from benchmarks import audit
from verify.workload import workload_of


def timing(what: str, plain: tuple[float, ...], audited: tuple[float, ...]) -> audit.Timing:
    def both(times: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
        return tuple((seconds, 2 * seconds) for seconds in times)

    return audit.Timing(what, both(plain), both(audited), 5, 1, 2)


def test_ratios_are_taken_pair_by_pair() -> None:
    row = timing("net", (1.0, 10.0, 2.0), (1.4, 12.0, 4.0))  # the ratio of the medians would be 2
    assert row.ratios() == pytest.approx((1.4, 1.2, 2.0)) and row.ratio == pytest.approx(1.4)
    assert audit.line(row) == "| net | 5 | 2.00 s | 4.00 s | 1.40 | 1.30 to 1.70 | 1.40 | 1, 2 |"
    assert audit.HEAD.splitlines()[0].count("|") == audit.line(row).count("|")


def test_the_target_is_missed_by_the_slowest() -> None:
    fast, slow = timing("fast", (1.0,), (1.2,)), timing("slow", (1.0,), (1.6,))
    assert "1.60 (slow); the target, 1.5, is NOT reached" in audit.summary([fast, slow])[0]
    assert audit.summary([fast])[0].endswith("is reached")


def test_both_sides_run_in_turn() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.LayerNorm(4))
    row = audit._timing("net", workload_of(net, torch.randn(3, 4)), 2)
    assert len(row.plain) == len(row.audited) == 2 and row.layers == 1 and row.faults == 0
    assert all(parameter.grad is None for parameter in net.parameters())
    assert audit.record(row)["ratio"] == row.ratio
