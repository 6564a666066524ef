"""What docs/torch.md says was found in torch is found, by the inputs of the tool; where torch is right it is silent.

The commands of the page are run here, in one process, and what they print is compared with what the page shows.
"""

from __future__ import annotations

import contextlib
import io
import shlex
from collections.abc import Callable
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from torch import nn

import verify.assertions.layer as assertions
from tests.docs.blocks import Command, commands, difference, read
from tests.verify.assertions.layers import slow
from verify.assertions.report import PASS, PRECISION, UNSTABLE, WRONG, Report, Row
from verify.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "torch.md"
SKIPPED = "<!-- skip: run by tests/verify/test_torch_findings.py -->\n"
NESTED = "second derivative by input, along input, nested forward mode"


@cache
def shown() -> dict[str, Command]:
    """The commands of the page, by the number of their section."""
    page = PAGE.read_text(encoding="utf-8")
    found: dict[str, Command] = {}
    for section in page.split("\n## ")[1:]:
        blocks = read(section.replace(SKIPPED, ""), PAGE.name)
        for command in (each for block in blocks if block.language == "console" for each in commands(block, PAGE.name)):
            found[section[0]] = command
    return found


@cache
def run(text: str) -> tuple[str, int, Report]:
    """What a command prints, its exit status, and the report behind it."""
    reports: list[Report] = []
    check = assertions.check_layer

    def kept(*given: object, **options: object) -> Report:
        reports.append(check(*given, **options))  # pyright: ignore[reportArgumentType]
        return reports[-1]

    with patch.object(assertions, "check_layer", kept), contextlib.redirect_stdout(io.StringIO()) as printed:
        status = main(shlex.split(text)[1:])
    return printed.getvalue(), status, reports[0]


def bad(section: str) -> list[Row]:
    """The rows that do not pass, of the command of a section."""
    return [row for row in run(shown()[section].text)[2].rows if not row.ok]


def quantities(rows: list[Row]) -> set[str]:
    return {row.quantity for row in rows}


def verdicts(rows: list[Row]) -> set[str]:
    return {row.verdict for row in rows}


def dense(report: Report) -> list[Row]:
    """The rows of cases in which every tensor is contiguous."""
    laid_out = ("channels last", "channels_last", "transposed", "every other", "expanded", "strided")
    return [row for row in report.rows if not any(word in row.case for word in laid_out)]


def test_every_section_on_a_layer_has_a_command():
    assert list(shown()) == list("1234567")


@pytest.mark.parametrize("section", "1234567")
def test_the_page_shows_what_the_command_prints(section: str):
    command = shown()[section]
    printed, status, _ = run(command.text)
    assert status == 1
    assert not (wrong := difference(command.expected, printed, f"section {section}")), wrong


class TestFound:
    def test_1_group_norm_channels_last(self):
        assert quantities(bad("1")) == {"output", "input gradient", "weight gradient"}
        assert verdicts(bad("1")) == {UNSTABLE}
        assert {row.layout for row in bad("1")} == {"channels_last"}

    def test_2_batch_norm_float16_overflow(self):
        rows = [row for row in bad("2") if row.ratio == float("inf")]
        assert len(rows) == 2
        assert quantities(rows) == {"input gradient"}
        assert verdicts(rows) == {UNSTABLE}

    def test_3_layer_norm_parameter_gradients(self):
        assert quantities(bad("3")) == {"weight gradient", "bias gradient"}
        assert verdicts(bad("3")) == {PRECISION}

    def test_4_statistics_in_16_bits(self):
        rows = [row for row in dense(run(shown()["4"].text)[2]) if not row.ok]
        assert quantities(rows) >= {"output", "input gradient"}
        assert verdicts(rows) == {PRECISION}

    def test_5_batch_norm_strided_weight(self):
        rows = [row for row in bad("5") if "weight" in row.case and row.quantity != NESTED]
        assert quantities(rows) == {"input gradient"}
        assert verdicts(rows) == {WRONG}

    def test_6_batch_norm_constant_feature(self):
        rows = [row for row in bad("6") if "constant" in row.case]
        assert quantities(rows) == {"output"}
        assert verdicts(rows) == {UNSTABLE}

    def test_7_nested_forward_mode(self):
        assert quantities(bad("7")) == {NESTED}
        assert verdicts(bad("7")) == {WRONG}
        assert NESTED in quantities(bad("5"))


LAYERS: dict[str, Callable[[], nn.Module]] = {
    "layernorm": lambda: nn.LayerNorm(8),
    "rmsnorm": lambda: nn.RMSNorm(8),
    "batchnorm": lambda: nn.BatchNorm1d(6),
    "instancenorm": lambda: nn.InstanceNorm1d(6, affine=True),
    "groupnorm": lambda: nn.GroupNorm(3, 6),
}


class TestSilent:
    @pytest.mark.parametrize("like", ["layernorm", *slow("rmsnorm", "batchnorm", "instancenorm")])
    def test_float32(self, like: str):
        assert assertions.check_layer(LAYERS[like](), like, dtype="float32").verdict == PASS

    def test_contiguous_group_norm(self):
        rows = dense(run(shown()["1"].text)[2])
        assert len(rows) > 40
        assert all(row.ok for row in rows)

    @pytest.mark.parametrize("like", ["groupnorm", *slow("batchnorm", "instancenorm")])
    def test_16_bit_input_beside_float32_parameters(self, like: str):
        report = assertions.check_layer(LAYERS[like](), like, dtype="bfloat16", parameter_dtype="float32", order=1)
        rows = dense(report)
        assert len(rows) > 15
        assert all(row.ok for row in rows)

    @pytest.mark.parametrize("dtype", ["bfloat16", *slow("float64")])
    def test_rms_norm_in_every_mode(self, dtype: str):
        assert assertions.check_layer(LAYERS["rmsnorm"](), "rmsnorm", dtype=dtype, stress=True).verdict == PASS
