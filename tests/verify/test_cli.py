"""`verify run` from the command line: tables, JSON, exit statuses, and one line for every mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from tests.verify.statements.faults import FAULTS
from tests.verify.statements.stated import Said, Statement, gradient, layer, m
from verify.cli import main
from verify.commands.arguments import shape_of

ROOT = Path(__file__).parents[2]
QUICK = ["run", "fact-c1", "--shape", "6,4", "--dtype", "float32"]


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def instead_of_theorems(monkeypatch: pytest.MonkeyPatch, *statements: Statement) -> None:
    stand_in = ModuleType("derive.theorems")
    by_name = {each.id: each for each in statements}
    stand_in.names = lambda: list(by_name)
    stand_in.statement = by_name.__getitem__
    monkeypatch.setitem(sys.modules, "derive.theorems", stand_in)


def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = told(capsys, *QUICK)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "fact-c1"
    assert lines[1].startswith("  D(L, y[b]) = gamma/(m*s)*(m*g[b] - Sum(g[k], k) - yhat[b]*Sum(g[k]*yhat[k],")
    assert lines[3].split() == ["dtype", "checks", "error", "bound", "scale", "closest", "to", "its", "bound", "result"]
    assert lines[4].startswith("  float32        1") and lines[4].endswith("holds")
    assert "running forward error analysis" in " ".join(out.split())
    assert lines[-1] == "1 checks, 24 entries compared: all hold."


def test_every_setting_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = told(capsys, "run", "fact-c1", "--shape", "4,3,2,2", "--dtype", "float32,float64", "--all")
    assert sum(line.endswith("holds") for line in out.splitlines()) == 4


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "fact-c1", "fact-c2", "--shape", "(6, 4)", "--shape", "3x2x2x2", "--eps", "0.01", "--json"]
    status, out, err = told(capsys, *arguments)
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert (found["device"], found["ok"], found["left_out"]) == ("cpu", True, [])
    assert len(found["checks"]) == 2 * 3 * 4
    for each in found["checks"]:
        assert each["statement"] in ("fact-c1", "fact-c2") and each["layer"] == "batchnorm"
        assert each["dtype"] in ("float64", "float32", "bfloat16", "float16")
        assert each["shape"] in ([6, 4], [3, 2, 2, 2]) and each["layout"] in ("contiguous", "channels_last")
        assert 0 <= each["error"] <= each["bound"]
        assert each["ok"] is True and each["outcome"] == "holds"
        assert abs(each["epsilon"] - 0.01) < 1e-4 and each["seed"] == 0
        assert "Higham" in each["origin"] and each["claim"].startswith("D(")


def test_a_shape_without_a_name_is_one_of_batch_normalization(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = told(capsys, "run", "--shape", "3,4", "--dtype", "float64", "--json")
    found = json.loads(out)
    checked = {each["statement"] for each in found["checks"]}
    left_out = {each["statement"] for each in found["left_out"]}
    assert status == 0
    assert {"fact-c1", "fact-c2", "theorem-4.1", "theorem-4.1-contraction", "hessian"} <= checked
    assert {"batchnorm: output", "batchnorm: Hessian by input", "batchnorm: HVP along gamma"} <= checked
    assert {each["layer"] for each in found["checks"]} == {"batchnorm"}
    assert not checked & left_out
    assert all(each["reason"] for each in found["left_out"])


def test_one_layer_on_one_shape(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = told(capsys, "run", "--layer", "softmax", "--shape", "2,3", "--dtype", "float32", "--json")
    found = json.loads(out)
    assert (status, err) == (0, "")
    assert {each["layer"] for each in found["checks"]} == {"softmax"}
    assert {tuple(each["shape"]) for each in found["checks"]} == {(2, 3)}
    kinds = (
        "output",
        "gradient of input",
        "JVP along input",
        "Jacobian by input",
        "HVP along input",
        "Hessian by input",
    )
    assert {f"softmax: {kind}" for kind in kinds} <= {each["statement"] for each in found["checks"]}


def test_one_derivative_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = told(capsys, "run", "layernorm: gradient of gamma", "--dtype", "bfloat16")
    assert status == 0 and out.startswith("layernorm: gradient of gamma\n  D(L, gamma[d]) = ")


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = told(capsys, "run", "--list")
    lines = out.splitlines()
    assert status == 0 and any(line.startswith("fact-c1 ") for line in lines)
    assert any(line.startswith("groupnorm: gradient of beta ") for line in lines)
    status, out, _ = told(capsys, "run", "--list", "--layer", "rmsnorm", "--json")
    rows = json.loads(out)["statements"]
    assert rows and {row["layer"] for row in rows} == {"rmsnorm"}
    assert {"statement", "layer", "title"} == set(rows[0])


def test_a_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    claim = FAULTS["c1 sign of the projection"]
    instead_of_theorems(monkeypatch, Statement("fact-c1", "", layer, (Said(claim),)))
    status, out, _ = told(capsys, *QUICK)
    assert status == 1
    assert "is off by more than rounding can be" in out
    assert out.endswith("1 checks, 24 entries compared: 0 hold, 1 fail, 0 undecided.\n")
    status, out, _ = told(capsys, *QUICK, "--json")
    found = json.loads(out)
    assert (status, found["ok"]) == (1, False)
    assert found["checks"][0]["ok"] is False and found["checks"][0]["error"] > found["checks"][0]["bound"]


def test_what_is_undecided_is_not_a_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    instead_of_theorems(monkeypatch, Statement("fact-c1", "", layer, (Said(gradient.given(m > 6)),)))
    status, out, _ = told(capsys, *QUICK)
    assert status == 1
    assert "    (6,4): undecided: it assumes m > 6, which these inputs don't satisfy" in out
    status, out, _ = told(capsys, *QUICK, "--json")
    assert json.loads(out)["checks"][0]["error"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fact-c9"], "there is no statement 'fact-c9'; did you mean fact-c"),
        (["nonsense"], "there is no statement 'nonsense'; `verify run --list` shows all"),
        (["--layer", "layernom"], "there is no layer 'layernom'; did you mean layernorm"),
        (["fact-c1", "--layer", "softmax"], "fact-c1 is not about softmax; leave --layer out, or name a statement"),
        (
            ["softmax: gradent of input"],
            "there is no statement 'softmax: gradent of input'; did you mean softmax: grad",
        ),
        (
            ["layernorm: gradient of input", "--shape", "2,3,4"],
            "the shape (2, 3, 4) has 3 axes, and layernorm has the axes (N, D); give one size for each",
        ),
        (["lemma-4.5", "--shape", "2,3"], "has the axes (n); give one size for each"),
        (["softmax: gradient of input", "--shape", "0,3"], "the shape (0, 3) has an axis without entries"),
        (
            ["softmax: Hessian by input", "--shape", "200,200"],
            "numbers for each draw of shape (200, 200); choose a --shape with at most 16777216",
        ),
        (["--eps", "0"], "epsilon is 0; give --eps a positive number such as 1e-5"),
        (["--eps", "-1"], "epsilon is -1; give --eps a positive number such as 1e-5"),
        (["--eps", "nan"], "epsilon is nan; give --eps a positive number such as 1e-5"),
        (["--eps", "small"], "--eps small is not a number; give one such as 1e-5"),
        (["--eps", "1e-12", "fact-c1"], "epsilon = 1e-12 rounds to 0 in float16; choose another --eps or --dtype"),
        (
            ["--shape", "1,8"],
            "the shape (1, 8) gives every feature m = 1 sample, whose variance is 0; give it at least 2",
        ),
        (["--shape", "8"], "the shape (8) is none of (N, C), (N, C, L) and (N, C, H, W)"),
        (["--shape", "a,b"], "--shape a,b is not a list of sizes; write it as 64,32 or 8,6,7,7"),
        (["--shape", ""], "the shape () is none of (N, C), (N, C, L) and (N, C, H, W)"),
        (["--dtype", "float8"], "there is no dtype 'float8' here; use float64, float32, bfloat16, float16"),
        (["--device", "tpu"], "there is no device called 'tpu'; use --device cpu or --device cuda"),
        (["--device", "meta"], "verify does not run on meta; use --device cpu or --device cuda"),
        (["--seed", "1.5"], "--seed 1.5 is not a whole number; give one such as 0"),
        (["--seed", "-1"], "the seed is -1; give --seed a whole number from 0 on"),
        (["--input", "nowhere.pt"], "there is no file nowhere.pt"),
        (["--wrong"], "unrecognized arguments: --wrong (verify run --help shows how it is called)"),
        (["fact-c2", "--shape", "5000,2"], "choose a --shape with at most 16777216"),
    ],
    ids=" ".join,
)
def test_mistakes_get_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = told(capsys, "run", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("verify: ") and message in err
    assert err.count("\n") == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_device_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = told(capsys, "run", "--device", "cuda")
    assert status == 2
    assert err == f"verify: the device cuda is not there: torch {torch.__version__} finds no GPU; use --device cpu\n"


def saved(directory: Path, values: object) -> str:
    torch.save(values, directory / "x.pt")
    return str(directory / "x.pt")


def test_own_activations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, torch.randn(6, 4, 3, generator=torch.Generator().manual_seed(0)))
    status, out, _ = told(capsys, "run", "fact-c1", "theorem-4.1", "--input", path, "--json")
    assert status == 0
    assert {tuple(each["shape"]) for each in json.loads(out)["checks"]} == {(6, 4, 3)}


def ruined(place: tuple, value: float) -> torch.Tensor:
    x = torch.arange(24.0).reshape(6, 4)
    x[place] = value
    return x


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (ruined((2, 1), float("nan")), "there is NaN at [2, 1] (1 of 24 entries are not finite); leave that out"),
        (ruined((0, 3), float("inf")), "there is an infinity at [0, 3] (1 of 24 entries are not finite); leave"),
        (ruined((slice(None), 3), 1.0), "feature 3 is constant, so its variance is 0; leave that out of the file"),
        (torch.randn(1, 4), "the shape (1, 4) gives every feature m = 1 sample, whose variance is 0"),
        (torch.randn(4), "the shape (4) is none of (N, C), (N, C, L) and (N, C, H, W)"),
        (
            torch.arange(8).reshape(4, 2),
            "holds a tensor of torch.int64, torch.strided; save one tensor of floating-point",
        ),
        (torch.eye(4).to_sparse(), "holds a tensor of torch.float32, torch.sparse_coo; save one tensor"),
        ({"weight": torch.ones(3)}, "holds dict; save one tensor of floating-point activations"),
        (
            1000 + ruined((0, 0), 0) / 100,
            "4 features are constant once rounded to bfloat16, so their variance is 0 (0, 1, 2, ...); leave",
        ),
        (1e5 * ruined((0, 0), 0), "there is an infinity at [0, 1] once rounded to float16"),
    ],
    ids=["nan", "inf", "constant", "one sample", "vector", "integers", "sparse", "dict", "rounded", "overflow"],
)
def test_unusable_activations_get_one_line(
    values: object, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = told(capsys, "run", "fact-c1", "--input", saved(tmp_path, values))
    assert (status, out) == (2, "")
    assert message in err and str(tmp_path / "x.pt") in err and err.count("\n") == 1


def test_files_that_are_no_tensors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("x.pt", "x.npy", "x.txt"):
        path = tmp_path / name
        path.write_bytes(b"not a tensor")
        status, _, err = told(capsys, "run", "--input", str(path))
        assert status == 2 and str(path) in err and err.count("\n") == 1
    status, _, err = told(capsys, "run", "--input", saved(tmp_path, torch.randn(4, 3)), "--shape", "4,3")
    assert (status, err) == (2, "verify: --input brings its own shape; leave --shape out\n")


def test_mistakes_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = told(capsys, "run", "--eps", "0", "--json")
    assert status == 2
    assert json.loads(out) == {"error": "epsilon is 0; give --eps a positive number such as 1e-5"}
    assert err.count("\n") == 1


def test_progress_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    _, out, err = told(capsys, *QUICK, "--json")
    assert "1/1 fact-c1 float32 (6, 4) contiguous" in err and err.endswith("\r\x1b[K")
    json.loads(out)


def test_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("verify.commands.run._plan", interrupted)
    assert main(QUICK) == 130


@pytest.mark.parametrize("text", ["8,6,7,7", "8x6x7x7", "(8, 6, 7, 7)"])
def test_ways_to_write_a_shape(text: str) -> None:
    assert shape_of(text) == (8, 6, 7, 7)


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_as_a_module() -> None:
    found = ran("-m", "verify", *QUICK)
    assert found.returncode == 0 and "all hold" in found.stdout and found.stderr == ""


def test_as_a_module_with_a_mistake() -> None:
    found = ran("-m", "verify", "run", "fact-c1", "--shape", "1,8")
    assert found.returncode == 2 and found.stderr.count("\n") == 1


def test_help_does_not_wait_for_torch() -> None:
    code = (
        "import sys\nfrom verify.cli import main\n"
        "try: main(['run', '--help'])\nexcept SystemExit as stop: assert stop.code == 0\n"
        "assert not {'torch', 'sympy', 'numpy'} & set(sys.modules)"
    )
    found = ran("-c", code)
    assert found.returncode == 0, found.stderr
    assert "usage: verify run" in found.stdout
