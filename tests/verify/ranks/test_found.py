"""What is found in synchronized layers: honest ones pass, every planted fault is named, whoever has it.

Starting processes costs seconds, so that one group of three runs all layers of a fixture, one after the other.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from verify.ranks.launch import launch
from verify.ranks.layers.check import Options
from verify.ranks.layers.report import RankReport
from verify.ranks.layers.shard_run import BIAS, INPUT, MEAN, OUTPUT, VARIANCE, WEIGHT

LAYERS = Path(__file__).with_name("synchronized.py")
FOLLOWS = "follows from the output"
UNWEIGHTED = "unweighted: wrong for unequal shards"
MISSING = "(between-shard part missing)"


def job(name: str, arguments: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    known = {"shards": (5, 2, 1), "shape": (4,), "dtypes": ("float32",), "timeout": 20.0, **options}
    target = name if ":" in name else f"{LAYERS}:{name}"
    return {"kind": "layer", "target": target, "options": asdict(Options(**known)), "arguments": arguments or {}}


def planted(fault: str, **options: Any) -> dict[str, Any]:
    return job("Sync", {"fault": fault}, **options)


HONEST = {
    "combined": job("Sync", shards=None),
    "images, 16 bits, an empty shard": job("TwoPass", shape=(4, 3, 2), dtypes=("bfloat16",), shards=(2, 0, 1)),
}
MORE_HONEST = {
    "made by a function": job("factory"),
    "two passes": job("TwoPass", shards=None, shape=None, dtypes=("float64", "float32")),
    "combined, long": job("Sync", shards=(900, 400, 37), seed=3),
    "two passes, long": job("TwoPass", shards=(900, 400, 37), seed=4, dtypes=("float64", "bfloat16")),
    "combined, volumes": job("Sync", like="batchnorm3d", shape=(3, 2, 3, 2), dtypes=("float16",)),
    "two samples in all": job("Sync", shards=(1, 0, 1)),
    "worst case": job("Sync", worst_case=True),
    "statistics in 16 bits allowed": job("Sync", accumulate="bfloat16", dtypes=("bfloat16",)),
}
FAULTS = {
    "rank 1 local": {OUTPUT: "rank 1 uses the statistics of its own shard", INPUT: FOLLOWS, VARIANCE: FOLLOWS},
    "mean of variances": {OUTPUT: f"the variance is the mean of the ranks' variances {MISSING}", VARIANCE: FOLLOWS},
    "local sums": {INPUT: "the gradient's sums run over the shard alone"},
}
MORE_FAULTS = {
    "local": {OUTPUT: "every rank uses the statistics of its own shard", INPUT: FOLLOWS, MEAN: FOLLOWS},
    "mean of means": {
        OUTPUT: f"the mean is the mean of the ranks' means, and that of the squares, too, {UNWEIGHTED}",
        WEIGHT: FOLLOWS,
    },
    "half averaged": {BIAS: "the weight gradient is averaged over the ranks, and the bias gradient is summed"},
    "own size in running": {VARIANCE: "the running variance has n/(n-1) of the own shard where m/(m-1) of the batch"},
    "first": {OUTPUT: "every rank uses the statistics of rank 0's shard", INPUT: FOLLOWS},
    "unweighted": {OUTPUT: f"means of the ranks' means and variances {MISSING}, {UNWEIGHTED}", INPUT: FOLLOWS},
    "local variance": {OUTPUT: "every rank uses the mean of the batch, and the variance of its own shard"},
    "ranks times own size": {OUTPUT: "m is the number of ranks times the own shard's size", INPUT: FOLLOWS},
    "unbiased": {OUTPUT: "the variance is divided by m-1 where m is due"},
    "not reduced": {INPUT: "run over the shard alone, and are divided by the m of the batch: they are not reduced"},
    "constants": {INPUT: "the gradient's sums are left out: the statistics are taken as constants"},
    "mean of mean sums": {INPUT: f"the gradient's sums are means of the ranks' means, {UNWEIGHTED}"},
    "ranks times own size sums": {INPUT: "sums are divided by the number of ranks times the own shard's size"},
    "only ones: local sums": {INPUT: "the gradient's sum of g runs over the shard alone"},
    "local running": {MEAN: "in the running mean, every rank uses the statistics of its own shard"},
    "biased running": {VARIANCE: "the running variance is the biased one, without m/(m-1)"},
}


def run(jobs: dict[str, dict[str, Any]]) -> dict[str, RankReport]:
    return dict(zip(jobs, launch(list(jobs.values()), 3, timeout=20.0), strict=True))


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    plan = {"dtypes": ["float32"], "shape": [3], "eps": None, "seed": 0}
    statements = {"kind": "statements", "names": ["fact-c1"], "plan": plan, "shards": [3, 0, 2]}
    return run(
        {
            **HONEST,
            **{fault: planted(fault) for fault in FAULTS},
            "squares": job("Squares"),
            "averaged": planted("averaged", reduced="sum"),
            "equal": job("TwoPass", shards=(3, 3, 3)),
            "statements": statements,
            "broken": job("without_sums"),
            "wrong statements": statements,
        }
    )


@pytest.mark.parametrize("name", HONEST)
def test_honest_layers_pass(found, name: str):
    report = found[name]
    assert report.ok, str(report)
    assert {row.quantity for row in report.rows} == {OUTPUT, INPUT, WEIGHT, BIAS, MEAN, VARIANCE}
    assert {row.rank for row in report.rows} == {0, 1, 2}
    assert report.reduced == {WEIGHT: "none", BIAS: "none"}


def test_every_split_is_tried(found):
    shards = {row.shards for row in found["combined"].rows}
    assert {(6, 6, 6), (5, 2, 1), (1, 1, 1), (5, 0, 1), (40, 16, 8)} <= shards
    assert any(row.ratio > 0.01 for row in found["combined"].rows), "the bounds would hide everything"


def said(report: RankReport, quantity: str) -> str:
    return "; ".join(dict.fromkeys(row.says for row in report.rows if row.quantity == quantity and row.says))


def check(report: RankReport, wanted: dict[str, str]) -> None:
    assert report.verdict == "wrong", str(report)
    for quantity, sentence in wanted.items():
        assert sentence in said(report, quantity), str(report)


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named(found, fault: str):
    check(found[fault], FAULTS[fault])


def test_right_quantities_are_not_accused(found):
    wrong = {row.quantity for row in found["local sums"].rows if not row.ok}
    assert wrong == {INPUT}
    wrong = {row.rank for row in found["rank 1 local"].rows if not row.ok and row.quantity in (OUTPUT, MEAN, VARIANCE)}
    assert wrong == {1}


def test_squares_are_unstable_and_not_wrong(found):
    report = found["squares"]
    assert report.verdict == "unstable", str(report)
    assert "E[y^2] - E[y]^2" in said(report, OUTPUT) and "means of 1000 deviations" in said(report, OUTPUT)
    assert all(row.ok for row in report.rows if row.case == "unequal shards")


def test_a_stated_convention_is_held_to(found):
    check(found["averaged"], {WEIGHT: "the weight gradient is averaged over the ranks, not summed"})


def test_what_equal_shards_hide_is_said(found):
    report = found["equal"]
    assert report.ok and dict(report.skipped)["shards of different sizes"].startswith("those given are all equal")


def test_statements_hold_across_ranks(found):
    report = found["statements"]
    assert report.ok and [check.statement for check in report.checks] == ["fact-c1"]
    assert report.as_json()["ranks"] == 3 and report.as_json()["shards"] == [3, 0, 2]
    assert all(0 < (check.error or 0) <= (check.bound or 0) for check in report.checks)
    assert "a batch of 5 samples on 3 ranks (gloo): 3,0,2" in str(report)


def test_statements_without_the_sums_over_ranks_fail(found):
    assert [check.outcome for check in found["wrong statements"].checks] == ["fails"]


@pytest.mark.slow
def test_more_faults_are_named():
    reports = run({fault: planted(fault) for fault in MORE_FAULTS})
    for fault, wanted in MORE_FAULTS.items():
        check(reports[fault], wanted)


@pytest.mark.slow
def test_faults_of_autograd_and_of_the_formula():
    reports = run(
        {
            "unseen": job("Unseen", dtypes=("float32", "float64")),
            "root": job("OutsideRoot", dtypes=("float64",)),
            "plain": job("torch.nn:BatchNorm1d"),
            "two runs": job("Squares", dtypes=("float64",)),
            "wrapped": planted("averaged", reduced="none"),
        }
    )
    check(reports["unseen"], {INPUT: "autograd does not see the sums over the ranks"})
    assert {row.quantity for row in reports["unseen"].rows if not row.ok} == {INPUT}
    check(reports["root"], {OUTPUT: "wrong on ranks 0, 1 and 2: "})
    assert not any("shard" in says or "unweighted" in says for says in reports["root"].said), "a false cause is named"
    assert "Expected more than 1 value per channel" in reports["plain"].said[0]
    assert reports["two runs"].verdict == "unstable"
    check(reports["wrapped"], {BIAS: "the bias gradient is averaged over the ranks, not summed"})


@pytest.mark.slow
def test_more_honest_layers_pass():
    for name, report in run(MORE_HONEST).items():
        assert report.ok, f"{name}\n{report}"


@pytest.mark.slow
def test_faults_are_named_for_images_and_for_all_splits():
    faults = ("local", "mean of variances", "local sums", "mean of means")
    known = {**FAULTS, **MORE_FAULTS}
    for fault, report in run({fault: planted(fault, shards=None, shape=(3, 2, 2)) for fault in faults}).items():
        check(report, {name: says for name, says in known[fault].items() if name in (OUTPUT, INPUT)})


@pytest.mark.slow
def test_unequal_shards_alone_show_unweighted_means():
    """With equal shards nothing shows; where both are tried, that is said."""
    fault = "ranks times own size"
    reports = run({"equal": planted(fault, shards=(3, 3, 3)), "all": planted(fault, shards=None)})
    assert reports["equal"].ok
    assert "(it shows with unequal shards alone)" in said(reports["all"], OUTPUT)
