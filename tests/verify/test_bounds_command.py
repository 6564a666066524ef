"""`verify bounds`: a table of bounds, and what it says of wrong calls."""

import json

import pytest

from verify.cli import main


def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bounds", "layernorm", "--shape", "8,100", "--ratio", "10"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "| layer | quantity | dtype | shape | order | mean/std | probable | worst case |"
    gradients = ["input gradient", "weight gradient", "bias gradient"]
    assert [row.split(" | ")[1] for row in rows[2::2]] == ["output", *gradients]
    assert all("| 8 x 100 | unknown | 10 |" in row for row in rows[2:])


def test_the_order_of_summation_matters(capsys: pytest.CaptureFixture[str]) -> None:
    """Pairwise sums are better than sequential ones, and the probable bound is below the worst case."""
    found = {}
    for order in ("sequential", "pairwise"):
        call = ["bounds", "rmsnorm", "--shape", "3,1000", "--quantity", "output", "--dtype", "float32"]
        assert main([*call, "--order", order, "--json"]) == 0
        (found[order],) = json.loads(capsys.readouterr().out)["bounds"]
    assert found["pairwise"]["worst"] < found["sequential"]["worst"]
    assert found["sequential"]["probable"] < found["sequential"]["worst"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bounds", "layernorm"], "required: --shape"),
        (["bounds", "layernorn", "--shape", "3,4"], "no layer is called layernorn"),
        (["bounds", "layernorm", "--shape", "3"], "the input of layernorm has the axes (N, D)"),
        (["bounds", "layernorm", "--shape", "0,4"], "give sizes of at least 1"),
        (["bounds", "layernorm", "--shape", "3,4", "--dtype", "int8"], "there is no dtype 'int8'"),
        (["bounds", "layernorm", "--shape", "3,4", "--order", "random"], "random"),
        (["bounds", "layernorm", "--shape", "3,4", "--quantity", "outputs"], "no quantity is called outputs"),
        (["bounds", "layernorm", "--shape", "3,4", "--ratio", "x"], "--ratio x is not a number"),
    ],
)
def test_wrong_calls(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    called = capsys.readouterr()
    assert message in called.err and called.out == "" and called.err.count("\n") == 1
