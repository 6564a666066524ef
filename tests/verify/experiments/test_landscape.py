"""The whole experiment: the same numbers again, goes on where it was interrupted, other people's models."""

import argparse
import json
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from verify.commands.landscape import add_landscape
from verify.errors import VerifyError
from verify.experiments.datasets import Dataset
from verify.experiments.landscape import experiment, landscape
from verify.experiments.landscape.families import vgg
from verify.experiments.landscape.objective import Objective
from verify.experiments.landscape.settings import MEASURES, settings_of
from verify.experiments.networks.deep_linear import gaussian_data

SMALL = {"steps": 4, "every": 2, "points": 2, "repeats": 1, "width": 2, "batch_size": 8, "depth": 2, "channels": 1}
OWN = {name: value for name, value in SMALL.items() if name not in ("width", "batch_size", "depth")}
MAP = {"lrs": [0.1, 1.0], "depths": [2]}


def own(norm: str = "none", width: int = 4):
    """A network of somebody's own, with its batch and its loss."""
    layer = {"none": nn.Identity, "batchnorm": lambda: nn.BatchNorm1d(width)}[norm]
    x, target = gaussian_data(10, 3, 2, seed=0)
    model = nn.Sequential(nn.Linear(3, width), layer(), nn.ReLU(), nn.Linear(width, 2))
    return model, x, lambda output: (output - target).square().mean()


def test_the_same_numbers_again() -> None:
    first, second = (landscape(measures=["range", "shift"], **SMALL) for _ in range(2))
    assert first.numbers == second.numbers
    assert first == second
    other = landscape(measures=["range", "shift"], **SMALL, seed=1)
    assert other.numbers != first.numbers


def test_measuring_does_not_change_training() -> None:
    often = landscape(measures=["smoothness", "shift", "theorem"], **{**SMALL, "every": 1})
    once = landscape(measures=["range"], **{**SMALL, "every": 4})
    for family in ("vgg", "linear"):
        for norm in ("none", "batchnorm"):
            left, right = (found.numbers["runs"][family][norm][0]["losses"] for found in (often, once))
            assert left == right
            assert len(set(left)) == 4


class Interrupted:
    """Steps of gradient descent, and a person who presses Ctrl-C at one of them."""

    def __init__(self, monkeypatch, at: int | None) -> None:
        self.count, self.at, self.step = 0, at, Objective.step
        monkeypatch.setattr(Objective, "step", lambda objective, lr: self(objective, lr))

    def __call__(self, objective: Objective, lr: float) -> float:
        self.count += 1
        if self.count == self.at:
            raise KeyboardInterrupt
        return self.step(objective, lr)


@pytest.mark.parametrize("at", [1, 4, 10, 15])
def test_it_goes_on_where_it_was_interrupted(at: int, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(experiment, "_drawn", lambda *asked: ())
    asked = {"measures": ["range", "shift"], **SMALL}
    whole = landscape(**asked).numbers
    Interrupted(monkeypatch, at)
    with pytest.raises(KeyboardInterrupt):
        landscape(**asked, folder=tmp_path)
    steps = Interrupted(monkeypatch, None)
    assert json.dumps(landscape(**asked, folder=tmp_path).numbers) == json.dumps(whole)
    again = (at - 1) % 4 % 2  # steps since the last checkpoint
    assert steps.count == 16 - (at - 1) + again
    done = Interrupted(monkeypatch, 1)
    assert landscape(**asked, folder=tmp_path).numbers == whole
    assert done.count == 0


def test_the_folder_has_pictures_and_numbers(tmp_path: Path, monkeypatch) -> None:
    found = landscape(measures=["range"], **SMALL, folder=tmp_path)
    assert found.figures == (str(tmp_path / "range.png"),)
    assert (tmp_path / "range.png").read_bytes().startswith(b"\x89PNG")
    kept = json.loads((tmp_path / "landscape.json").read_text())
    assert kept["numbers"]["runs"] == found.numbers["runs"]
    assert kept["settings"]["steps"] == 4
    with pytest.raises(VerifyError, match=r"steps = 4, and this one has 5.*--fresh"):
        landscape(measures=["range"], **{**SMALL, "steps": 5}, folder=tmp_path)
    monkeypatch.setattr(experiment, "_drawn", lambda *asked: ())
    landscape(measures=["theorem"], **SMALL, folder=tmp_path)  # another measure of the same is welcome


def test_a_model_as_it_is_stays_as_it_was() -> None:
    model, x, loss = own("batchnorm")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    measures = ["range", "smoothness", "shift", "theorem"]
    found = landscape((model, x, loss), measures=measures, **OWN)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert [outcome.statement for outcome in found] == ["theorem-4.1", "theorem-4.1-bound", "theorem-4.1-contraction"]
    assert found.outcomes[0].verdict == "held"
    (run,) = found.numbers["runs"]["own"]["as it is"]
    assert [record["step"] for record in run["records"]] == [0, 2]
    assert found.ok


def test_a_factory_that_takes_norm_is_compared() -> None:
    found = landscape(own, measures=["range", "divergence"], **{**OWN, "repeats": 5}, **MAP)
    assert list(found.numbers["runs"]["own"]) == ["none", "batchnorm"]
    assert len(found.numbers["runs"]["own"]["none"]) == 5
    assert list(found.numbers["divergence"]["maps"]["own"]["batchnorm"]) == ["None"]
    assert "own: with batchnorm the loss varies less" in found.outcomes[0].claim


def test_an_argument_settles_the_norm() -> None:
    found = landscape(own, arguments={"norm": "batchnorm"}, measures=["theorem"], **OWN)
    assert list(found.numbers["runs"]["own"]) == ["as it is"]
    assert found.outcomes[0].verdict == "held"


def test_without_batch_normalization_the_theorem_is_undecided() -> None:
    found = landscape(own, arguments={"norm": "none"}, measures=["theorem"], **OWN)
    assert {outcome.verdict for outcome in found} == {"undecided"}


def test_a_fault_in_a_person_own_layer_fails() -> None:
    class Detached(nn.BatchNorm1d):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            u = x - x.mean(0)
            return self.weight * u / (u.square().mean(0).detach() + self.eps).sqrt() + self.bias

    model, x, loss = own()
    model[1] = Detached(4)
    found = landscape((model, x, loss), measures=["theorem"], **OWN)
    assert found.outcomes[0].verdict == "failed"
    assert not found.ok


def test_divergence_and_a_run_that_ends() -> None:
    found = landscape(own, measures=["range", "divergence"], **OWN, lr=1e12, lrs=[1e12], depths=[2])
    assert found.numbers["divergence"]["maps"]["own"]["none"]["None"] == {"1e+12": "diverged"}
    losses = found.numbers["runs"]["own"]["none"][0]["losses"]
    assert losses[-1] is None or max(losses) > 1e6
    json.dumps(found.as_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"measures": ["rnge"]}, "--measure rnge is not known; choose from range"),
        ({"norms": ["bn"]}, "--norm bn is not known"),
        ({"measures": []}, "nothing to measure"),
        ({"steps": 0}, "--steps 0 is too few"),
        ({"batch_size": 1}, "--batch 1 has no variance"),
        ({"lr": -1.0}, "--lr -1.0 is no learning rate"),
        ({"lr": float("nan")}, "--lr nan is no learning rate"),
        ({"lrs": [0.0]}, "--lr 0.0 is no learning rate"),
        ({"depth": 0}, "--depth 0 is no depth"),
        ({"seed": -1}, "--seed -1 is negative"),
        ({"data": "/nowhere/at/all"}, "there is no folder /nowhere/at/all"),
        ({"dataset": "mnist"}, "no images called 'mnist'"),
        ({"batch_size": 5000}, "a batch takes 1 to 1797"),
        ({"shape": [3, 4]}, "are for a model"),
    ],
)
def test_settings_that_make_no_sense(settings: dict, message: str) -> None:
    with pytest.raises(VerifyError, match=message):
        landscape(**{**SMALL, "measures": ["range"], **settings})


def test_what_models_can_not_be_asked() -> None:
    with pytest.raises(VerifyError, match="--measure noise is for the built-in networks"):
        landscape(own, measures=["noise"], **OWN)
    with pytest.raises(VerifyError, match="--norm is for factories that take an argument `norm`"):
        landscape(own()[:2], norms=["batchnorm"], **OWN)
    with pytest.raises(VerifyError, match="has no batch"):
        landscape(nn.Linear(2, 2), measures=["range"], **OWN)
    with pytest.raises(VerifyError, match="--depth is for factories that take an argument `depth`"):
        landscape(own, measures=["range"], **OWN, depth=3)
    for name, option in {"dataset": "digits", "data": ".", "batch_size": 8, "width": 3}.items():
        with pytest.raises(VerifyError, match="is for the built-in networks"):
            landscape(own, measures=["range"], **OWN, **{name: option})


def test_quick_is_a_choice_of_settings() -> None:
    quick = settings_of(quick=True)
    assert quick.steps < settings_of().steps
    assert settings_of(quick=True, steps=77).steps == 77
    assert quick.measures == MEASURES


def command(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_landscape(parser.add_subparsers())
    options = parser.parse_args(["landscape", *arguments])
    return options.run(options)


NET = """
from torch import nn
import torch

def make(norm="none", width=4):
    print("made")
    layer = nn.BatchNorm1d(width) if norm == "batchnorm" else nn.Identity()
    return nn.Sequential(nn.Linear(3, width), layer, nn.Linear(width, 2)), torch.randn(8, 3)
"""


def test_the_command(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(NET)
    asked = ("--model", "nets.py:make", "--measure", "theorem", "--steps", "2", "--every", "1", "--repeats", "1")
    assert command(*asked, "--json", "--quiet", "-o", "out") == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["outcomes"][0]["verdict"] == "held"
    assert found["settings"]["model"] == "make"
    assert "made" in printed.err
    assert command(*asked, "-o", "out") == 0
    assert "held       the squared gradient below batch normalization" in capsys.readouterr().out


def test_the_command_complains_in_one_line() -> None:
    with pytest.raises(VerifyError, match="--steps many is not a whole number"):
        command("--steps", "many", "-o", "unused")


@pytest.mark.slow
def test_everything_that_is_quick(tmp_path: Path) -> None:
    found = landscape(quick=True, folder=tmp_path)
    assert [Path(figure).stem for figure in found.figures] == list(MEASURES)
    proved = [outcome for outcome in found if outcome.statement]
    assert {outcome.verdict for outcome in proved} == {"held"}
    assert len(proved) == 5
    quadratic = next(outcome for outcome in found if "one linear layer" in outcome.claim)
    assert quadratic.verdict == "held"


def test_a_factory_may_have_names_of_its_own() -> None:
    def make(norm: str, depth: int = 1):
        hidden = [nn.Linear(3, 3), nn.RMSNorm(3) if norm == "rms" else nn.Identity()] * depth
        return nn.Sequential(*hidden, nn.Linear(3, 1)), torch.ones(4, 3)

    found = landscape(make, norms=["rms"], measures=["divergence"], steps=2, lrs=[0.1], depths=[1, 2])
    assert list(found.numbers["divergence"]["maps"]["own"]) == ["none", "rms"]
    assert list(found.numbers["divergence"]["maps"]["own"]["rms"]) == ["1", "2"]


def test_what_fails_at_once_leaves_no_folder(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(VerifyError, match="can't be run on the batch"):
        landscape((nn.Linear(3, 2), torch.ones(2, 4)), measures=["range"], folder=tmp_path / "out", **OWN)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(VerifyError, match=r"needs matplotlib.*normproof\[experiments\]"):
        landscape(own, measures=["range"], folder=tmp_path / "out", **OWN)
    assert not (tmp_path / "out").exists()
    assert landscape(own, measures=["range"], **OWN).ok  # pictures are for folders


def test_networks_of_one_seed_see_the_same_batches() -> None:
    images, labels = torch.randn(30, 3, 32, 32), torch.arange(30) % 4
    family = vgg(settings_of(batch_size=6, width=2), Dataset("photographs", images, labels, 4))
    one, other = (family.start(norm, 4, 3) for norm in ("none", "batchnorm"))
    assert torch.equal(one(5).args[0], other(5).args[0])
    assert not torch.equal(one(5).args[0], one(6).args[0])
    assert not torch.equal(one(5).args[0], family.start("none", 4, 4)(5).args[0])
    assert torch.equal(one(0).model.head.weight, other(0).model.head.weight)
    assert one(0).model is one(1).model
    assert one(0).step().isfinite()
    shares = torch.tensor([8, 8, 7, 7]) / 30
    assert family.constant == pytest.approx(float(-(shares * shares.log()).sum()), rel=1e-6)
