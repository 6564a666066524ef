"""`verify layer`: what it prints, with which status it ends, and what it says of wrong calls."""

import json
from pathlib import Path

import pytest

from verify.cli import main

KERNELS = """
import torch
from torch import nn


def right(x, weight, bias, eps):
    print("a layer that prints")
    return torch.nn.functional.layer_norm(x, weight.shape, weight, bias, eps)


def wrong(x, weight, bias, eps):
    return right(x, weight, bias, eps) * 1.01


def raises(x, weight):
    return x / undefined


class Norm(nn.Module):
    def __init__(self, width, scale=1.0, kind=""):
        super().__init__()
        self.norm, self.scale = nn.LayerNorm(width), scale

    def forward(self, x):
        return self.norm(x) * self.scale


class Plain:
    pass
"""
FEW = ["--like", "layernorm", "--order", "1", "--shape", "5,12"]


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "own_kernels.py").write_text(KERNELS)
    (tmp_path / "broken_kernels.py").write_text("import torch\n1 / 0\n")
    (tmp_path / "unread_kernels.py").write_text("def f(:\n")
    monkeypatch.chdir(tmp_path)
    return str(tmp_path / "own_kernels.py")


@pytest.mark.parametrize("name, status", [("right", 0), ("wrong", 1), ("raises", 1), ("Norm", 0)])
def test_status(kernels: str, name: str, status: int, capsys: pytest.CaptureFixture) -> None:
    assert main(["layer", f"{kernels}:{name}", *FEW]) == status
    printed = capsys.readouterr().out
    assert printed.startswith(f"{name} as layernorm: ") and "Traceback" not in printed
    assert "a layer that prints" not in printed


def test_an_exception_is_reported_with_its_place(kernels: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["layer", f"{kernels}:raises", *FEW]) == 1
    assert "NameError: name 'undefined' is not defined (own_kernels.py:16)" in capsys.readouterr().out


@pytest.mark.parametrize("name, verdict", [("right", "pass"), ("wrong", "wrong"), ("raises", "ill-posed")])
def test_json_is_all_that_is_printed(kernels: str, name: str, verdict: str, capsys: pytest.CaptureFixture) -> None:
    main(["layer", f"{kernels}:{name}", *FEW, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == verdict and found["like"] == "layernorm" and found["rows"]


def test_arguments_of_a_class(kernels: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["layer", f"{kernels}:Norm", *FEW, "--arg", "scale=2"]) == 1
    assert main(["layer", f"{kernels}:Norm", *FEW, "--arg", "scale=1.0", "--arg", "kind=a"]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    "target, options",
    [
        ("torch.nn:LayerNorm", ["--like", "layernorm", "--normalized-shape", "3,4", "--shape", "2,3,4", "--eps=0.1"]),
        ("torch.nn:GroupNorm", ["--like", "groupnorm", "--num-groups", "2", "--shape", "3,4,5"]),
        ("torch.nn:BatchNorm1d", ["--like", "batchnorm", "--shape", "6x4", "--worst-case"]),
        ("torch.nn.functional:rms_norm", ["--like", "rmsnorm", "--dtype", "float64,bfloat16", "--shape", "4,9"]),
    ],
)
def test_layers_of_torch(target: str, options: list[str], capsys: pytest.CaptureFixture) -> None:
    assert main(["layer", target, *options, "--order", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"]


WRONG = [
    (["torch.nn:LayerNor", *FEW], "torch.nn has no LayerNor; did you mean LayerNorm?"),
    (["torch.nn", *FEW], "'torch.nn' is not MODULE:NAME"),
    (["no_such_module:f", *FEW], "there is no module no_such_module"),
    (["no_such_file.py:f", *FEW], "there is no file no_such_file.py"),
    (["broken_kernels.py:f", *FEW], "can't be imported: ZeroDivisionError: division by zero (broken_kernels.py:2)"),
    (["unread_kernels.py:f", *FEW], "unread_kernels.py can't be read"),
    (["own_kernels.py:Plain", *FEW], "Plain is a class that is no torch.nn.Module"),
    (["own_kernels.py:Norm", *FEW, "--arg", "scale"], "--arg scale is not key=value"),
    (["own_kernels.py:Norm", *FEW, "--arg", "other=1"], "Norm can't be constructed: TypeError"),
    (["torch.nn:LayerNorm", "--like", "layernom"], "there is no layer 'layernom'; did you mean layernorm"),
    (["torch.nn:LayerNorm"], "arguments are required: --like (verify layer --help shows how it is called)"),
    (["torch.nn:LayerNorm", *FEW, "--eps", "small"], "--eps small is not a number"),
    (["torch.nn:LayerNorm", *FEW, "--dtype", "int8"], "there is no dtype 'int8'"),
    (["torch.nn:LayerNorm", *FEW, "--device", "tpu9"], "there is no device 'tpu9' here"),
    (["torch.nn:LayerNorm", "--like", "layernorm", "--order", "5"], "order is 5"),
    (["torch.nn:LayerNorm", *FEW, "--wrong"], "unrecognized arguments: --wrong (verify layer --help"),
    (["torch.nn:GroupNorm", "--like", "groupnorm", "--shape", "2,5,3", "--num-groups", "2"], "divisible"),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_wrong_calls(number: int, kernels: str, capsys: pytest.CaptureFixture) -> None:
    arguments, message = WRONG[number]
    assert main(["layer", *arguments]) == 2
    printed = capsys.readouterr()
    assert message in printed.err and printed.out == "" and printed.err.count("\n") == 1
    assert main(["layer", *arguments, "--json"]) == 2
    assert message in json.loads(capsys.readouterr().out)["error"]


def test_help_names_the_command(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        main(["layer", "--help"])
    assert "MODULE:NAME" in capsys.readouterr().out
