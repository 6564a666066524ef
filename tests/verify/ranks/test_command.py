"""`verify ranks`: wrong calls, what it prints, `torchrun`, and a process group of one's own."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from verify.commands.ranks import add_ranks
from verify.errors import VerifyError
from verify.ranks.statements.evaluated import fault_of_split, found

LAYERS = Path(__file__).with_name("synchronized.py")
ROOT = Path(__file__).parents[3]
ROUTE = """
import argparse, sys
sys.path.insert(0, {root!r})
from verify.commands.ranks import add_ranks
parser = argparse.ArgumentParser()
add_ranks(parser.add_subparsers())
options = parser.parse_args(sys.argv[1:])
sys.exit(options.run(options))
"""
IN_A_GROUP = """
import sys
sys.path.insert(0, {root!r})
sys.path.insert(0, {tests!r})
import torch.distributed as dist
import synchronized
from verify.ranks.layers.check import check_ranks
dist.init_process_group("gloo")
layers = [synchronized.NoEmpty(3, fault="raises"), synchronized.Sync(3), synchronized.Sync(3, fault="rank 1 local")]
layers[0].forward = None
for layer in layers:
    report = check_ranks(layer, like="batchnorm", shards=(3, 2), dtypes=("float32",), shape=(3,))
    assert layer.running_mean.eq(0).all() and layer.weight.eq(1).all() and layer.weight.grad is None
    if dist.get_rank() == 1:
        print(report.verdict, *report.said, sep="|", flush=True)
dist.destroy_process_group()
"""


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_ranks(parser.add_subparsers())
    options = parser.parse_args(["ranks", *arguments])
    return options.run(options)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name a layer"),
        (["synchronized.py:Sync"], "--like batchnorm"),
        (["torch.nn:Linear", "--like", "layernorm"], "layernorm has no statistics across ranks"),
        (["torch.nn:Sync", "--like", "batchnorm"], "torch.nn has no Sync"),
        (["nothing.py:Sync", "--like", "batchnorm"], "there is no file nothing.py"),
        (["torch.nn:ReLU", "--like", "batchnorm", "--shards", "4,a"], "not a list of sizes"),
        (["torch.nn:ReLU", "--like", "batchnorm", "--shards", "4"], "at least 2"),
        (["torch.nn:ReLU", "--like", "batchnorm", "--shards", "4,4", "--processes", "3"], "2 sizes for 3 ranks"),
        (["torch.nn:ReLU", "--like", "batchnorm", "--processes", "1"], "from 2 to"),
        (["torch.nn:ReLU", "--like", "batchnorm", "--timeout", "-1"], "positive number of seconds"),
        (["torch.nn:ReLU", "--like", "batchnorm", "--backend", "mpi"], "no backend 'mpi'"),
        (["--statements", "fact-c9"], "no statement 'fact-c9'; did you mean fact-c"),
        (["--statements", "lemma-4.5"], "lemma-4.5 can't be split over ranks: it is not about a layer"),
        (["--statements", "--dtype", "int8"], "no dtype 'int8'"),
        (["torch.nn:ReLU", "--statements"], "two checks"),
    ],
)
def test_wrong_calls(arguments, says, monkeypatch):
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(VerifyError, match=says):
        run(*arguments)


@pytest.mark.slow
def test_which_statements_can_be_split():
    chosen, left_out = found([])
    names = {each.id for each in chosen}
    assert {"fact-c1", "fact-c2", "theorem-4.1", "theorem-4.2", "theorem-4.4", "adjoint-mu", "hessian"} <= names
    reasons = dict(left_out)
    assert "not about a layer" in reasons["lemma-4.5"] and names.isdisjoint(reasons)
    assert all(not fault_of_split(each) for each in chosen)


@pytest.mark.slow
def test_command(capsys, monkeypatch):
    monkeypatch.chdir(LAYERS.parent)
    given = ["--like", "batchnorm", "--shards", "4,3", "--shape", "3", "--dtype", "float32"]
    assert run("synchronized.py:Sync", *given, "--json") == 0
    out = json.loads(capsys.readouterr().out)
    assert out["verdict"] == "pass" and out["ranks"] == 2 and out["shards"] == [[4, 3]] and out["ok"]
    assert {"case", "rank", "quantity", "error", "bound", "ratio", "ok", "says"} <= set(out["rows"][0])
    assert run("synchronized.py:Sync", *given, "--arg", "fault=local") == 1
    printed = capsys.readouterr().out
    assert "wrong: output: every rank uses the statistics of its own shard" in printed
    assert "input gradient, weight gradient, running mean, running variance: follows from the output" in printed


@pytest.mark.slow
def test_all_statements_hold_with_an_empty_shard(capsys):
    assert run("--statements", "--shards", "3,0,2", "--json") == 0
    out = json.loads(capsys.readouterr().out)
    assert out["ranks"] == 3 and out["shards"] == [3, 0, 2] and len({each["statement"] for each in out["checks"]}) > 50
    assert {"statement", "layer", "dtype", "shape", "error", "bound", "ok"} <= set(out["checks"][0])


def torchrun(tmp_path: Path, source: str, *arguments: str) -> subprocess.CompletedProcess:
    (tmp_path / "route.py").write_text(source.format(root=str(ROOT), tests=str(LAYERS.parent)))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "route.py"]
    own = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, *arguments], cwd=tmp_path, env=own, capture_output=True, text=True, timeout=200, check=False
    )


@pytest.mark.slow
def test_under_torchrun(tmp_path):
    given = ["--like", "batchnorm", "--shape", "3", "--dtype", "float32"]
    done = torchrun(tmp_path, ROUTE, "ranks", f"{LAYERS}:Sync", *given, "--shards", "4,3", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "pass"
    done = torchrun(tmp_path, ROUTE, "ranks", f"{LAYERS}:Misbehaving", *given, "--arg", "how=leaves", "--timeout", "2")
    assert done.returncode == 1 and "rank 0 still waits in the forward" in done.stdout


@pytest.mark.slow
def test_in_a_process_group_of_ones_own(tmp_path):
    done = torchrun(tmp_path, IN_A_GROUP)
    assert done.returncode == 0, done.stderr
    raised, right, wrong = done.stdout.strip().splitlines()
    assert raised.startswith("ill-posed|layer: rank 0 raised TypeError")
    assert right == "pass" and wrong.startswith("wrong|output: rank 1 uses the statistics of its own shard")


@pytest.mark.gpu
def test_torchs_own_layer_with_nccl():
    from verify.ranks.launch import launch_ranks

    if torch.cuda.device_count() < 2:
        pytest.skip(f"nccl takes a GPU for each rank, and there are {torch.cuda.device_count()} for 2")
    report = launch_ranks("torch.nn:SyncBatchNorm", shards=(5, 3), backend="nccl")
    assert report.ok, str(report)
