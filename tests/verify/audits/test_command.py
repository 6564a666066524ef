"""`verify audit`: what it prints, with which status it ends, and what it says of wrong calls."""

import json
from pathlib import Path

import pytest

from verify.cli import main

MODELS = """
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.linear = nn.LayerNorm(width), nn.Linear(width, width)

    def forward(self, x):
        return x + self.linear(self.norm(x)).relu()


def build(width=8, depth=2):
    print("a model that prints")
    return nn.Sequential(nn.Linear(width, width), *(Block(width) for _ in range(depth)))


class Kernel(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, eps):
        s = (x.var(-1, keepdim=True, correction=0) + eps).sqrt()
        xhat = (x - x.mean(-1, keepdim=True)) / s
        ctx.save_for_backward(xhat, s, weight)
        return xhat * weight + bias

    @staticmethod
    def backward(ctx, g):
        xhat, s, weight = ctx.saved_tensors
        slope = g * weight
        return (slope - slope.mean(-1, keepdim=True)) / s, (g * xhat).sum(0), g.sum(0), None


class Fast(nn.LayerNorm):
    def forward(self, x):
        return Kernel.apply(x, self.weight, self.bias, self.eps)


def wrong(width=8):
    model = build(width)
    model[2].norm = Fast(width)
    return model, torch.randn(16, width)


def words():
    return nn.Sequential(nn.Embedding(20, 8), nn.LayerNorm(8))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout())

    def forward(self, x):
        return self.stem(x)


def plain():
    return nn.Linear(3, 3)


def raises():
    raise RuntimeError("no such weights")


def bare():
    return nn.LayerNorm(8, elementwise_affine=False)


def with_nan():
    x = torch.randn(8, 8)
    x[2, 3] = float("nan")
    return build(), x


def no_graph():
    return build(), torch.randn(8, 8), lambda output: output.detach().sum()


def no_scalar():
    return build(), torch.randn(8, 8), lambda output: output.mean(0)


def raising_loss():
    return build(), torch.randn(8, 8), lambda output: output.missing


class BadBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        raise RuntimeError("no backward for this")


def no_backward():
    return build(), torch.randn(8, 8), lambda output: BadBackward.apply(output).sum()


number = 3
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "own_models.py").write_text(MODELS)
    monkeypatch.chdir(tmp_path)
    return str(tmp_path / "own_models.py")


def test_an_honest_model(models: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["audit", f"{models}:build", "--input", "8,8"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("build: 2 normalizations, no fault (audited step ")
    assert "  1.norm  layer_norm -> layernorm  8x8" in out and "  2.norm  " in out
    assert "a model that prints" in err and "a model that prints" not in out


def test_a_fault_is_named_and_the_status_is_one(models: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["audit", f"{models}:wrong", "--time"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("wrong: 2 normalizations, 1 fault (audited step ") and "times the plain one)" in out
    assert "fault: 2.norm: the input gradient lacks the projection term" in out


def test_json_is_all_that_is_printed(models: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["audit", f"{models}:wrong", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["faults"] == ["2.norm"] and not found["ok"] and len(found["layers"]) == 2
    wrong = next(row for row in found["layers"][1]["rows"] if row["quantity"] == "input gradient")
    assert wrong["error"] > 1000 * wrong["bound"] > 0


def test_a_page_is_written(models: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    pytest.importorskip("matplotlib")
    assert main(["audit", f"{models}:wrong", "--html", "audit.html"]) == 1
    text = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert "<title>Audit of wrong</title>" in text and "lacks the projection term" in text
    assert "fault: 2.norm" in capsys.readouterr().out


def test_words_arguments_modes_and_dtypes(models: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["audit", f"{models}:words", "--input", "4,5", "--vocabulary", "20"]) == 0
    assert "words: 1 normalization" in capsys.readouterr().out
    assert main(["audit", f"{models}:build", "--input", "4,6", "--arg", "width=6", "--arg", "depth=3"]) == 0
    assert "build: 3 normalizations" in capsys.readouterr().out
    assert main(["audit", f"{models}:build", "--input", "4,8", "--dtype", "float64", "--json"]) == 0
    assert {layer["dtype"] for layer in json.loads(capsys.readouterr().out)["layers"]} == {"float64"}


def test_evaluation_mode_is_another_layer(models: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["audit", f"{models}:Net", "--input", "4,3,8,8", "--json"]) == 0
    (training,) = json.loads(capsys.readouterr().out)["layers"]
    assert main(["audit", f"{models}:Net", "--input", "4,3,8,8", "--eval", "--json"]) == 0
    (evaluation,) = json.loads(capsys.readouterr().out)["layers"]
    assert training["like"] == "batchnorm" and evaluation["like"] != "batchnorm"


def test_a_batch_with_nan_is_undecided_and_says_why(models: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["audit", f"{models}:with_nan"]) == 0
    out = capsys.readouterr().out
    assert "no fault, 2 undecided" in out and "NaN" in out and "Traceback" not in out


WRONG = {
    "nothing to audit": (["plain", "--input", "4,3"], "plain ran no normalization"),
    "a factory that raises": (["raises", "--input", "4,3"], "raised RuntimeError: no such weights"),
    "no parameters": (["bare", "--input", "4,8"], "depends on nothing that requires a gradient"),
    "a loss without a graph": (["no_graph"], "depends on nothing that requires a gradient"),
    "a loss of many numbers": (["no_scalar"], "return one number"),
    "a loss that raises": (["raising_loss"], "the loss of raising_loss can't be computed: AttributeError"),
    "a backward that raises": (["no_backward"], "can't be run: RuntimeError: no backward for this"),
    "no model": (["number", "--input", "4,3"], "expected a torch.nn.Module"),
    "no such name": (["bild", "--input", "4,8"], "has no bild; did you mean build?"),
    "no batch": (["build"], "give the shape of its input (--input 8,3,224,224)"),
    "a wrong shape": (["build", "--input", "4,9"], "can't be run on the batch"),
    "no shape": (["build", "--input", "4,a"], "--input 4,a is not a list of sizes"),
    "an empty batch": (["build", "--input", "0,8"], "needs sizes of at least 1"),
    "words missing": (["words", "--input", "4,5"], "give --vocabulary V"),
    "a vocabulary alone": (["words", "--vocabulary", "20"], "give it as --input 4,64"),
    "a vocabulary too large": (["words", "--input", "4,5", "--vocabulary", "1000"], "can't be run on the batch"),
    "no dtype": (["build", "--input", "4,8", "--dtype", "int3"], "there is no dtype 'int3'"),
    "no device": (["build", "--input", "4,8", "--device", "nowhere"], "there is no device 'nowhere'"),
    "no rows": (["build", "--input", "4,8", "--rows", "0"], "--rows 0 is less than 1"),
    "no number": (["build", "--input", "4,8", "--rows", "many"], "--rows many is not a whole number"),
    "no argument": (["build", "--input", "4,8", "--arg", "width"], "--arg width is not key=value"),
    "an unknown argument": (["build", "--input", "4,8", "--arg", "heads=2"], "build(width, depth) raised TypeError"),
    "a folder for a page": (["build", "--input", "4,8", "--html", "."], "--html . can't be written"),
    "a page nowhere": (["build", "--input", "4,8", "--html", "none/a.html"], "can't be written"),
    "an unknown option": (["build", "--imput", "4,8"], "verify audit --help"),
}


@pytest.mark.parametrize("call, message", WRONG.values(), ids=WRONG)
def test_wrong_calls(models: str, call: list[str], message: str, capsys: pytest.CaptureFixture) -> None:
    target, *options = call
    assert main(["audit", f"{models}:{target}", *options]) == 2
    out, err = capsys.readouterr()
    said = err.strip().splitlines()[-1]
    assert out == "" and said.startswith("verify: ") and message in said and "Traceback" not in err


def test_a_wrong_call_with_json(models: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["audit", f"{models}:plain", "--input", "4,3", "--json"]) == 2
    assert "ran no normalization" in json.loads(capsys.readouterr().out)["error"]


def test_there_is_no_such_module(capsys: pytest.CaptureFixture) -> None:
    assert main(["audit", "no_such_module:build", "--input", "4,8"]) == 2
    assert "there is no module no_such_module" in capsys.readouterr().err
