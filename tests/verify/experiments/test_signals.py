"""`verify signals` as a whole: resuming, pictures, bad calls, models of somebody else, the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.verify.experiments.signals_setup import SMALL, said
from verify.cli import main
from verify.errors import VerifyError
from verify.experiments.networks.normalizers import normalizer
from verify.experiments.outcome import HELD, UNDECIDED
from verify.experiments.signals import signals
from verify.experiments.signals.runs import drawn
from verify.experiments.store import Store

pytestmark = pytest.mark.usefixtures("narrow")


def test_an_interrupted_experiment_ends_with_the_same_numbers(tmp_path: Path) -> None:
    """Killed after some runs: bit by bit what comes out without an interruption."""
    chosen = {**SMALL, "norm": ("none", "batchnorm", "layernorm"), "measure": ("steps",)}
    whole = signals(folder=tmp_path / "whole", **chosen)
    real, made = Store.run, []

    def dies(self: Store, key: str, work: Any) -> Any:
        if len(made) == 5:
            raise KeyboardInterrupt
        made.append(key)
        return real(self, key, work)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "run", dies)
        with pytest.raises(KeyboardInterrupt):
            signals(folder=tmp_path / "cut", **chosen)
    again = signals(folder=tmp_path / "cut", **chosen)
    assert again.numbers == whole.numbers
    assert again.outcomes == whole.outcomes
    assert [Path(each).name for each in whole.figures] == ["steps.png"]
    assert all(Path(each).stat().st_size > 1000 for each in again.figures)
    assert json.loads((tmp_path / "cut" / "signals.json").read_text())["ok"] == whole.ok


def test_every_picture_is_drawn(tmp_path: Path) -> None:
    found = signals(folder=tmp_path, **{**SMALL, "norm": ("none", "batchnorm", "groupnorm")})
    assert len(found.figures) == 5
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["numbers"]["gradient"]


def test_more_seeds_add_runs_and_other_settings_are_refused(tmp_path: Path) -> None:
    chosen = {**SMALL, "norm": ("batchnorm",), "measure": ("variance",)}
    two = signals(folder=tmp_path, **chosen).numbers["variance"]["plain batchnorm"]
    three = signals(folder=tmp_path, **{**chosen, "seeds": 3}).numbers["variance"]["plain batchnorm"]
    assert three[:2] == two and len(three) == 3 and three[2] != two[1]
    with pytest.raises(VerifyError, match="width = 4"):
        signals(folder=tmp_path, **{**chosen, "width": 8})


def test_draws_have_seeds_of_their_own() -> None:
    assert len({drawn("a", 1, 2), drawn("a", 2, 1), drawn("b", 1, 2), drawn("a", 12)}) == 4


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"norm": ("batch",)}, "no normalization 'batch'"),
        ({"measure": ("rank",)}, "no measure 'rank'"),
        ({"measure": ()}, "no measure to measure"),
        ({"dataset": "mnist"}, "no dataset 'mnist'"),
        ({"depth": 2}, "depth is 2; give at least 3"),
        ({"seeds": 1}, "seeds is 1"),
        ({"batch": 0}, "batch is 0"),
        ({"group_size": (3,)}, "can't be cut into groups of 3"),
        ({"group_size": (0,)}, "can't be cut into groups of 0"),
        ({"batch": 5000, "measure": ("variance",)}, "1024 samples"),
        ({"norm": ("layernorm",), "measure": ("steps",)}, "nothing is claimed"),
        ({"data": "somewhere"}, "need no folder"),
        ({"shape": (2, 3)}, "for a model"),
        ({"colour": "red"}, "takes no colour"),
    ],
)
def test_bad_settings(wrong: dict, says: str) -> None:
    with pytest.raises(VerifyError, match=says):
        signals(**{**SMALL, **wrong})


# Somebody's model


def build(norm: str = "batchnorm", group_size: int | None = None) -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(torch.initial_seed())
    layer = normalizer(norm, 4, group_size=group_size)
    net = nn.Sequential(nn.Conv2d(2, 4, 3), layer, nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(36, 3))
    return net, torch.randn(6, 2, 5, 5, generator=torch.Generator().manual_seed(0))


def alone() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 2))


def test_a_factory_is_compared_over_norms(tmp_path: Path) -> None:
    found = signals(build, norm=("none", "batchnorm", "groupnorm"), group_size=(2,), width=4, seeds=2, folder=tmp_path)
    assert set(found.numbers["gradient"]) == {"none", "batchnorm", "groupnorm 2"}
    assert said(list(found.outcomes), "activation normalizer").verdict == HELD
    assert len(found.figures) == 5
    run = found.numbers["gradient"]["batchnorm"][0]
    assert run["layers"] == ["0", "1", "4"]


def test_a_module_is_measured_on_a_copy() -> None:
    model = alone()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = signals(model, shape=(8, 5), measure=("variance", "steps", "channels"))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert found.numbers["variance"]["model"][0]["layers"] == ["0", "1", "3"]
    assert [each.verdict for each in found].count(HELD) == 1


def test_gradients_behind_an_inplace_relu_are_those_of_the_layer() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True), nn.Linear(4, 2))
    x = torch.randn(5, 3)
    run = signals(net, inputs=x, loss=lambda out: out.square().sum(), measure=("gradient",)).numbers["gradient"][
        "model"
    ][0]
    h = (x @ net[0].weight.T + net[0].bias).detach().requires_grad_()  # pyright: ignore
    (expected,) = torch.autograd.grad(net[2](h.relu()).square().sum(), h)
    assert run["squares"][0] == pytest.approx(float(expected.square().sum()), rel=1e-5)


def test_a_wrong_batch_norm_is_found() -> None:
    class Wrong(nn.BatchNorm1d):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            return super().forward(input) * 1.01

    found = signals(nn.Sequential(nn.Linear(5, 6), Wrong(6), nn.Linear(6, 2)), shape=(8, 5), measure=("variance",))
    assert not found.ok


@pytest.mark.parametrize(
    ("model", "says"),
    [(nn.Linear(3, 2), "has no batch"), (nn.Tanh(), "no batch|no convolution"), (3, "expected a torch.nn.Module")],
)
def test_bad_models(model: Any, says: str) -> None:
    with pytest.raises(VerifyError, match=says):
        signals(model, measure=("gradient",))
    with pytest.raises(VerifyError, match="no convolution"):
        signals(nn.Sequential(nn.Tanh()), shape=(2, 3), measure=("variance",))


# The command


def test_the_command_prints_json_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["signals", "--quick", "--measure", "variance", "--norm", "batchnorm,groupnorm", "--group-size", "2"]
    small = ["--width", "4", "--depth", "3", "--seeds", "2", "--batch", "8", "--dataset", "random"]
    assert main([*arguments, *small, "-o", str(tmp_path), "--quiet", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["experiment"] == "signals" and found["ok"]
    assert {each["verdict"] for each in found["outcomes"]} <= {HELD, UNDECIDED}
    assert (tmp_path / "variance.png").exists() and (tmp_path / "signals.json").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--norm", "batch"], "no normalization 'batch'"),
        (["--depth", "deep"], "--depth deep is not a whole number"),
        (["--group-size", "x"], "--group-size x"),
        (["--dataset", "cifar10"], "not downloaded"),
        (["--model", "nowhere:net"], "no module nowhere"),
        (["--input", "3,3"], "are for a model"),
        (["--sizes"], "--sizes"),
    ],
)
def test_the_command_refuses(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["signals", *arguments, "-o", str(tmp_path), "--quiet", "--quick"]) == 2
    assert says in capsys.readouterr().err
