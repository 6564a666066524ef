"""A proved statement at somebody's own tensors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import torch

from derive.language import Claim, Tensor
from derive.layers import Layer
from derive.naming import no_such
from derive.theorems import names, statement
from verify.assertions.layer import LayerError
from verify.assertions.options import Dtype, dtype_of, name_of
from verify.assertions.report import ILL_POSED, PASS, WRONG, Report, Row
from verify.errors import VerifyError
from verify.program import same, sizes_of
from verify.statements.check import Check, Setting, check_claim
from verify.statements.inputs import DTYPES
from verify.statements.plan import fault_of_statement, tensors_of
from verify.statements.point import Point

Values = Mapping[str, Any]
OF_STATEMENTS = {
    PASS: "it holds of these tensors, within its bound",
    WRONG: "it does not hold of these tensors",
    ILL_POSED: "nothing can be said of these tensors",
}


def assert_theorem(name: str, tensors: Values, **options: Any) -> Report:
    """As `check_statement`; raises LayerError where the statement does not hold of the tensors."""
    report = check_statement(name, tensors, **options)
    if not report.ok:
        raise LayerError(report)
    return report


def check_statement(
    name: str, tensors: Values, *, dtype: Dtype | None = None, device: torch.device | str | None = None
) -> Report:
    """Evaluates a named statement at tensors given by their names in it.

    >>> import torch
    >>> y, g = torch.randn(8, 3), torch.randn(8, 3)
    >>> numbers = {"y": y, "g": g, "gamma": torch.ones(3), "beta": torch.zeros(3), "epsilon": 1e-5}
    >>> check_statement("theorem-4.1", numbers).verdict
    'pass'

    A tensor has the axes that its name has in the statement, such as (m,) for y, or one more behind them, for several
    instances (the features of a batch normalization). Numbers may be given as such.
    Raises VerifyError where names or shapes don't fit, with those that are needed.
    """
    start = time.perf_counter()
    if name not in (known := list(names())):
        raise VerifyError(no_such("statement", name, known, "derive list"))
    found = statement(name)
    if fault := fault_of_statement(found):
        raise VerifyError(f"{name} can't be evaluated: {fault}")
    rows = []
    names_in = {tensor.name for theorem in found.theorems for tensor in _wanted(same(theorem.claim), found.layer)}
    if unknown := [key for key in tensors if key not in names_in]:
        raise VerifyError(f"{name} has no {', '.join(unknown)}; it is about {', '.join(sorted(names_in))}")
    for theorem in found.theorems:
        claim = same(theorem.claim)
        point = _point(name, claim, found.layer, tensors, dtype, device)
        shape = tuple(point.sizes.values())
        setting = Setting(str(point.device), name_of(point.dtype), shape, "contiguous", 0)
        rows.append(_row(check_claim(name, claim, found.layer, setting, point), shape))
    eps = next((float(torch.as_tensor(value).flatten()[0]) for key, value in tensors.items() if key == "epsilon"), None)
    return Report(name, "", eps, tuple(rows), seconds=time.perf_counter() - start, meaning=OF_STATEMENTS)


def _row(check: Check, shape: tuple[int, ...]) -> Row:
    verdict = {"holds": PASS, "fails": WRONG}.get(check.outcome, ILL_POSED)
    numbers = (check.error, check.bound, check.scale, check.entry)
    return Row("your tensors", check.dtype, shape, check.layout, check.claim, verdict, *numbers, says=check.reason)


def _point(name: str, claim: Claim, layer: Layer | None, tensors: Values, dtype: Dtype | None, device: Any) -> Point:
    """The tensors as the values of the claim, one instance first."""
    wanted = _wanted(claim, layer)
    given = {tensor: _value(tensor, tensors) for tensor in wanted if tensor.name in tensors}
    missing = [tensor for tensor in wanted if tensor.name not in tensors]
    if missing:
        raise VerifyError(_needs(name, wanted, missing))
    kind = dtype_of(dtype) if dtype else _common(name, list(given.values()))
    place = torch.device(device) if device else next((value.device for value in given.values()), torch.device("cpu"))
    values = {tensor: _instances(name, tensor, value, wanted).to(place, kind) for tensor, value in given.items()}
    count = max((value.shape[0] for value in values.values()), default=1)
    sizes = sizes_of({tensor: tuple(value.shape) for tensor, value in values.items()})
    values = {tensor: _spread(name, tensor, value, count) for tensor, value in values.items()}
    return Point(layer, count, kind, values, sizes, place)


def _wanted(claim: Claim, layer: Layer | None) -> list[Tensor]:
    """Every tensor that the claim, and the program of its layer, needs a value for."""
    own = (*layer.inputs, *layer.parameters, *layer.constants) if layer else ()
    return list(dict.fromkeys((*own, *tensors_of(claim))))


def _value(tensor: Tensor, tensors: Values) -> torch.Tensor:
    value = torch.as_tensor(tensors[tensor.name])
    return value.detach() if value.is_floating_point() else value.double()


def _common(name: str, values: list[torch.Tensor]) -> torch.dtype:
    """The dtype of the tensors that have axes; plain numbers follow them."""
    found = {value.dtype for value in values if value.dim()} or {torch.float64}
    if len(found) > 1 or not found <= set(DTYPES.values()):
        listed = ", ".join(sorted(map(name_of, found)))
        raise VerifyError(f"the tensors for {name} are in {listed}; convert them to one of {', '.join(DTYPES)}")
    return found.pop()


def _instances(name: str, tensor: Tensor, value: torch.Tensor, wanted: list[Tensor]) -> torch.Tensor:
    """The value with its instances in front: one, or as many as its last axis has."""
    axes = len(tensor.sizes)
    if value.dim() == axes:
        return value[None]
    if value.dim() == axes + 1:
        return value.movedim(-1, 0)
    raise VerifyError(f"{tensor} has the shape {tuple(value.shape)}; {_needs(name, wanted, [])}")


def _spread(name: str, tensor: Tensor, value: torch.Tensor, count: int) -> torch.Tensor:
    if value.shape[0] in (1, count):
        return value if not tensor.sizes else value.expand(count, *value.shape[1:])
    raise VerifyError(f"{tensor} has {value.shape[0]} instances on its last axis, and another tensor has {count}")


def _needs(name: str, wanted: list[Tensor], missing: list[Tensor]) -> str:
    listed = ", ".join(f"{tensor.name} {_shape(tensor)}" for tensor in wanted)
    said = f"; there is no {', '.join(tensor.name for tensor in missing)}" if missing else ""
    return f"{name} takes {listed}, each with one more axis behind for several instances{said}"


def _shape(tensor: Tensor) -> str:
    return "(" + ", ".join(map(str, tensor.sizes)) + ("," if len(tensor.sizes) == 1 else "") + ")"
