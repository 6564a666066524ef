"""`verify init`: trained networks on which all holds, faults that are said, resumed runs, and wrong calls."""

import copy
import json
import math
from pathlib import Path

import pytest
import torch
from torch import nn

from verify.cli import main
from verify.errors import VerifyError
from verify.experiments.initialization import geometry, initialization, lemma, training
from verify.experiments.initialization.outcomes import outcomes
from verify.experiments.outcome import FAILED, HELD, UNDECIDED
from verify.experiments.store import Checkpoint

SMALL = {"steps": 12, "seeds": (0,), "layers": 2, "width": 6, "batch": 40}


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture(scope="module")
def result():
    return initialization(**SMALL)


def test_everything_holds_on_trained_networks(result) -> None:
    assert result.ok and result.verdict == HELD and len(result.outcomes) == 14
    statements = {outcome.statement for outcome in result}
    assert statements >= {*lemma.PARTS, "weight-scale", "scale-equivariance", "gradient-of-scaled-weights"}
    json.dumps(result.as_json(), allow_nan=False)


def test_the_networks_were_trained_from_one_start(result) -> None:
    networks = result.numbers["networks"]
    assert [network["eps"] for network in networks] == [None, 0.0, 1e-5]
    starts = [[layer["starts"]["its own"]["start"] for layer in network["layers"]] for network in networks]
    assert starts[0] == starts[1] == starts[2]
    for network in networks:
        (first, *_, last) = network["history"]
        assert (first[0], last[0]) == (0, SMALL["steps"]) and last[1] < first[1]
        for layer in network["layers"]:
            assert layer["starts"]["drawn"]["overlap"] < 0 < layer["starts"]["its own"]["start"]
            assert layer["starts"]["opposite"]["k"] == -layer["starts"]["its own"]["k"]


def test_the_loss_along_the_ray(result) -> None:
    none, flat, raised = result.numbers["networks"]
    ends = [[row["loss"] for row in network["along"]] for network in (none, flat, raised)]
    assert max(ends[1]) - min(ends[1]) < 1e-12
    assert max(ends[0]) > 10 * min(ends[0]) and 1.1 * min(ends[2]) < max(ends[2]) < 10
    assert flat["nearest"]["moved"] < 1e-11 < raised["nearest"]["moved"]


def spoilt(result, place: int, change) -> list:
    networks = copy.deepcopy(result.numbers["networks"])
    change(networks[place])
    return [outcome for outcome in outcomes(networks) if outcome.verdict != HELD]


def set_last(rows: list[dict], **values: object) -> None:
    rows[-1].update(values)


FALSE = {
    "a bit": (1, lambda n: set_last(n["along"], equal=False), "weight-scale", FAILED),
    "a bit in float32": (1, lambda n: set_last(n["single"]["along"], equal=False), "weight-scale", FAILED),
    "a bit of one layer": (1, lambda n: set_last(n["alone"], equal=False), "weight-scale", FAILED),
    "a gradient": (1, lambda n: set_last(n["gradients"], equal=False), "gradient-of-scaled-weights", FAILED),
    "an epsilon": (2, lambda n: set_last(n["along"], equal=False), "scale-equivariance", FAILED),
    "its gradient": (2, lambda n: set_last(n["gradients"], equal=False), "scale-equivariance", FAILED),
    "a sign": (2, lambda n: set_last(n["turned"], equal=False), "scale-invariance-sign", FAILED),
    "rounding": (1, lambda n: set_last(n["rounding"], ratio=1.01), "weight-scale", FAILED),
    "rounding at epsilon": (2, lambda n: set_last(n["single"]["rounding"], ratio=2), "scale-equivariance", FAILED),
    "a premise": (0, lambda n: set_last(n["premises"], gradient_with=9.0), "fact-c1", FAILED),
    "nearly a premise": (
        0, lambda n: set_last(n["premises"], gradient_with=1.5 * n["premises"][-1]["limit"]), "fact-c1", UNDECIDED
    ),
    "an order": (0, lambda n: n["nested"].update(ordered=False), "lemma-4.5-nearest", FAILED),
    **{
        name: (
            0,
            lambda n, name=name: [
                case["violations"].update({name: 1})
                for case in n["layers"][0]["starts"].values() if name in case["violations"]
            ],
            name,
            FAILED,
        )
        for name in lemma.PARTS
    },
}  # fmt: skip


@pytest.mark.parametrize("fault", FALSE)
def test_what_does_not_hold_is_said(fault: str, result) -> None:
    place, change, statement, verdict = FALSE[fault]
    (found,) = spoilt(result, place, change)
    assert (found.statement, found.verdict) == (statement, verdict)
    assert found.measured is not None and found.limit is not None and found.measured > found.limit


def test_networks_that_were_lost_are_undecided(result) -> None:
    def lose(network: dict) -> None:
        for key in [key for key in network if key not in ("seed", "eps", "history")]:
            del network[key]
        network["finite"] = False

    for place, statement in ((0, "fact-c1"), (1, None)):
        found = spoilt(result, place, lose)
        assert {each.verdict for each in found} == {UNDECIDED}
        assert statement in {each.statement for each in found}
    networks = copy.deepcopy(result.numbers["networks"])
    for each in networks:
        lose(each)
    assert {each.verdict for each in outcomes(networks)} == {UNDECIDED}


def test_layers_without_a_bias_say_nothing_of_the_premise(result) -> None:
    def change(network: dict) -> None:
        for row in network["premises"]:
            row.update(bias=False, gradient_with=9.0)

    (found,) = spoilt(result, 0, change)
    assert (found.statement, found.verdict) == ("fact-c1", UNDECIDED) and "no layer has a bias" in found.says


def test_a_layer_whose_optimum_is_zero_is_said(result) -> None:
    def change(network: dict) -> None:
        network["layers"][0]["starts"] = {}

    networks = copy.deepcopy(result.numbers["networks"])
    change(networks[0])
    found = [outcome for outcome in outcomes(networks) if outcome.statement == "lemma-4.5-printed"]
    assert found[0].verdict == HELD and "no ray where W* = 0 (1)" in found[0].says


def test_the_same_numbers_whoever_else_draws_some() -> None:
    state = torch.get_rng_state()
    tiny = {**SMALL, "steps": 2, "layers": 1, "eps": (0.0,)}
    one = initialization(**tiny).numbers
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(99)
    assert initialization(**tiny).numbers == one
    assert initialization(**{**tiny, "seeds": (1,)}).numbers != one


def test_float32() -> None:
    found = initialization(**SMALL, eps=(1e-5,), dtype=torch.float32)
    assert found.ok and found.settings["dtype"] == "float32"
    assert all(outcome.verdict == HELD for outcome in found)


class Stopped(Exception):
    pass


def test_an_interrupted_call_gives_the_same_numbers(tmp_path: Path, result, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped in the second training, half-way, after a checkpoint: bit by bit what comes out without that."""
    keep, seen = Checkpoint.keep, []

    def stop(self: Checkpoint, state: dict) -> None:
        keep(self, state)
        seen.append(state["done"])
        if len(seen) == 15:
            raise Stopped

    monkeypatch.setattr(Checkpoint, "keep", stop)
    with pytest.raises(Stopped):
        initialization(**SMALL, folder=tmp_path)
    monkeypatch.undo()
    assert list((tmp_path / "runs").glob("*.pt")) and len(list((tmp_path / "runs").glob("*.json"))) == 1
    steps = []
    real = training._differentiated
    monkeypatch.setattr(training, "_differentiated", lambda *args: steps.append(1) or real(*args))
    found = initialization(**SMALL, folder=tmp_path)
    assert found.numbers == result.numbers and found.outcomes == result.outcomes
    assert len(steps) == 2 * (SMALL["steps"] + 1) - seen[-1]
    assert not list((tmp_path / "runs").glob("*.pt"))
    assert json.loads((tmp_path / "result.json").read_text()) == found.as_json()
    assert [Path(path).name for path in found.figures] == ["along-the-ray.png", "layers.png", "nearest-point.png"]
    assert all(Path(path).read_bytes().startswith(b"\x89PNG") for path in found.figures)
    with pytest.raises(VerifyError, match="has runs with steps = 12, and this one has 13"):
        initialization(**{**SMALL, "steps": 13}, folder=tmp_path)


def with_loss(width: int = 4) -> tuple:
    goal = drawn(20, 2, seed=4)
    model = nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width), nn.Tanh(), nn.Linear(width, 2))
    return model, drawn(20, 3).float(), lambda out: (out - goal.to(out)).square().mean()


def test_a_model_of_ones_own() -> None:
    found = initialization(with_loss, steps=9, seeds=(3,), eps=(1e-5,), arguments={"width": 5})
    assert found.ok and found.settings["model"] == "with_loss" and found.settings["arguments"] == {"width": 5}
    assert found.numbers["networks"][0]["layers"][0]["shape"] == [5, 3]
    made = with_loss()
    before = copy.deepcopy(made[0].state_dict())
    assert initialization(made, steps=2, seeds=(0, 1), eps=(0.0,)).ok
    assert all(torch.equal(value, before[name]) for name, value in made[0].state_dict().items())


def test_training_that_diverges_is_undecided() -> None:
    def steep() -> tuple:
        model, batch, _ = with_loss()
        return model, batch, lambda out: (1e200 * out).square().sum().square()

    found = initialization(steep, steps=5, seeds=(0,))
    assert found.ok and found.verdict == UNDECIDED and "a smaller --rate" in str(found).lower()


WRONG = [
    ({"steps": 0}, "steps, layers and width are at least 1"),
    ({"layers": 0}, "steps, layers and width are at least 1"),
    ({"rate": 0.0}, "is no step size"),
    ({"rate": math.nan}, "is no step size"),
    ({"seeds": ()}, "different whole numbers"),
    ({"seeds": (1, 1)}, "different whole numbers"),
    ({"seeds": (-1,)}, "different whole numbers"),
    ({"eps": ()}, "give different numbers"),
    ({"eps": (-1e-5,)}, "give different numbers"),
    ({"eps": (math.nan,)}, "give different numbers"),
    ({"dtype": torch.bfloat16}, "too narrow"),
    ({"batch": 0}, "a batch takes 1 to 1797"),
    ({"batch": 5000}, "a batch takes 1 to 1797"),
    ({"images": "imagenet"}, "no images called"),
    ({"images": "cifar10", "data": "nowhere"}, "there is no folder nowhere"),
    ({"model": 3}, "got int"),
    ({"model": lambda: (with_loss()[0], drawn(5, 3))}, r"no loss to train on; return \(model, batch, loss\)"),
    ({"model": nn.Linear(3, 2)}, "can't be run on the batch"),
]


@pytest.mark.parametrize(("settings", "message"), WRONG)
def test_wrong_settings(settings: dict, message: str) -> None:
    with pytest.raises(VerifyError, match=message) as error:
        initialization(**{**SMALL, **settings})
    assert "\n" not in str(error.value)


CALL = ["init", "--steps", "6", "--layers", "1", "--width", "5", "--batch", "30", "--seed", "0"]


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CALL, "--json"]) == 0
    shown = capsys.readouterr()
    read = json.loads(shown.out)
    assert read["experiment"] == "initialization" and read["ok"] and not shown.err
    assert main([*CALL, "--eps", "1e-3", "--quiet"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("seed  epsilon  layer") and "initialization: " in shown.out and not shown.err
    rows = [line.split() for line in shown.out.splitlines()[1:7]]
    assert [row[1] for row in rows] == ["none"] * 3 + ["0.001"] * 3


def test_the_command_shows_progress_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CALL, "--eps", "0"]) == 0
    shown = capsys.readouterr()
    assert "seed 0, no normalization" in shown.err and "seed 0, no normalization" not in shown.out


MODELS = """
import torch
from torch import nn


def net(width=3):
    print("a model that prints")
    return nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.BatchNorm1d(width), nn.Linear(width, 10))
"""


def test_a_model_by_name(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_nets.py").write_text(MODELS)
    monkeypatch.chdir(tmp_path)
    assert main([*CALL, "--model", "own_nets.py:net", "--arg", "width=4", "--json"]) == 0
    shown = capsys.readouterr()
    read = json.loads(shown.out)
    assert read["numbers"]["networks"][0]["layers"][0]["shape"] == [4, 64] and "a model that prints" in shown.err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--steps", "many"], "--steps many is not a whole number"),
        (["--eps", "0,small"], "--eps small is not a number"),
        (["--seed", "1,,2"], "--seed  is not a whole number"),
        (["--dtype", "bfloat16"], "networks are trained in float64 or float32"),
        (["--dataset", "cifar10"], "give the folder that holds it with --data"),
        (["--data", "here"], "--data is the folder of --dataset cifar10"),
        (["--arg", "width=3"], "--arg is for the factory"),
        (["--model", "nowhere.py:net"], "there is no file nowhere.py"),
        (["--nonsense"], "unrecognized arguments"),
    ],
)
def test_wrong_calls(more: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CALL, *more]) == 2
    shown = capsys.readouterr()
    assert not shown.out and message in shown.err and shown.err.count("\n") == 1


def test_a_claim_that_fails_is_exit_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(geometry.Line, "printed", property(lambda line: line.to(line.k) * (1 + 2**-40)))
    assert main([*CALL, "--quiet", "--eps", "0"]) == 1
    assert "failed     k W* with k" in capsys.readouterr().out


def test_cifar_10_from_a_folder(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    for number in range(1, 6):
        records = torch.randint(256, (8, 3073), generator=generator, dtype=torch.uint8)
        records[:, 0] %= 10
        (tmp_path / f"data_batch_{number}.bin").write_bytes(records.numpy().tobytes())
    found = initialization(images="cifar10", data=tmp_path, **{**SMALL, "steps": 2, "layers": 1, "width": 2})
    assert found.ok and found.numbers["networks"][0]["layers"][0]["shape"] == [2, 3072]
    assert found.settings["data"] == str(tmp_path)


@pytest.mark.slow
def test_the_defaults_hold() -> None:
    found = initialization()
    assert found.verdict == HELD
    for each in found.numbers["networks"]:
        assert each["history"][-1][2] < 0.1 * each["history"][0][2]
