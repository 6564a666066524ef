"""Batch normalization by `torch.batch_norm`, which is what `torch.nn.functional.batch_norm` calls.

The function refuses epsilon = 0 and a batch of one; the theorems that need them are checked too. cuDNN is left out: on
cuda it is torch's own kernel (Welford's algorithm) that is compared with, whose errors `verify.bounds` covers.
"""

from __future__ import annotations

import torch

from verify.statements.references.reference import Layout, Reference, Values, each_instance


def _training(x: torch.Tensor, weight: object = None, bias: object = None, eps: float = 0.0) -> torch.Tensor:
    return torch.batch_norm(x, weight, bias, None, None, True, 0.0, eps, False)  # pyright: ignore[reportArgumentType]


def eps_of(values: Values) -> float:
    """Epsilon, which is the same for all instances."""
    return float(values["epsilon"].detach().reshape(-1)[0])


def _rows(x: torch.Tensor) -> torch.Tensor:
    return x.movedim(1, 0).flatten(1)


def _statistics(y: torch.Tensor, eps: float) -> dict[str, torch.Tensor]:
    var, mean = torch.var_mean(y, 1, correction=0)
    return {"mu": mean, "var": var, "s": (var + eps).sqrt()}


def _features(values: Values, layout: Layout | None) -> dict[str, torch.Tensor]:
    """One feature an instance."""
    y, eps = values["y"], eps_of(values)
    x = (layout or Layout(y.shape[1], ())).whole(y)
    weight, bias = (values[name].expand(y.shape[0]) for name in ("gamma", "beta"))
    return {
        **_statistics(y, eps),
        "yhat": _rows(_training(x, eps=eps)),
        "z": _rows(_training(x, weight, bias, eps)),
    }


def _running(values: Values, layout: Layout | None) -> dict[str, torch.Tensor]:
    """torch changes the running statistics in place, so that autograd knows nothing of them."""
    y, eps = values["y"], eps_of(values)
    features, momentum = y.shape[0], values["momentum"].expand(y.shape[0])
    found = _features(values, layout)
    updated = []
    for feature in range(features):
        pair = [values[name].expand(features)[feature : feature + 1].detach().clone() for name in _KEPT]
        x = y[feature : feature + 1].detach().T
        mean, var = pair
        torch.batch_norm(x, None, None, mean, var, True, float(momentum[feature].detach()), eps, False)
        updated.append(torch.cat((mean, var)))
    new = torch.stack(updated, 1)
    return {**found, "new_mean": new[0], "new_var": new[1]}


_KEPT = ("running_mean", "running_var")


def _inference(values: Values, layout: Layout | None) -> dict[str, torch.Tensor]:
    y, eps = values["y"], eps_of(values)
    weight, bias = (values[name].expand(y.shape[0]) for name in ("gamma", "beta"))
    mean, var = (values[name].detach().expand(y.shape[0]) for name in ("mu", "var"))
    return {
        "yhat": torch.batch_norm(y.T, None, None, mean, var, False, 0.0, eps, False).T,
        "z": torch.batch_norm(y.T, weight, bias, mean, var, False, 0.0, eps, False).T,
    }


def _images(values: Values) -> dict[str, torch.Tensor]:
    x, eps = values["x"], eps_of(values)
    return {**_statistics(_rows(x), eps), "xhat": _training(x, eps=eps), "z": _affine(values, x, eps)}


def _affine(values: Values, x: torch.Tensor, eps: float) -> torch.Tensor:
    return _training(x, values["gamma"], values["beta"], eps)


def _linear(values: Values) -> dict[str, torch.Tensor]:
    y = torch.nn.functional.linear(values["X"], values["W"])
    weight, bias = values["gamma"].reshape(1), values["beta"].reshape(1)
    eps = eps_of(values)
    z = _training(y[:, None], weight, bias, eps)[:, 0]
    statistics = {name: value[0] for name, value in _statistics(y[None], eps).items()}
    return {"y": y, **statistics, "yhat": _training(y[:, None], eps=eps)[:, 0], "z": z}


def _linear_inference(values: Values) -> dict[str, torch.Tensor]:
    y = torch.nn.functional.linear(values["x"], values["W"], values["bias"])
    kept, eps = (values["mu"].detach(), values["var"].detach()), eps_of(values)
    return {
        "y": y,
        "yhat": torch.batch_norm(y, None, None, *kept, False, 0.0, eps, False),
        "z": torch.batch_norm(y, values["gamma"], values["beta"], *kept, False, 0.0, eps, False),
    }


def _spread(values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights turned so that the activations are not all alike, in a batch of two, too."""
    X = values["X"].double()
    sign = 1 - 2 * (torch.arange(X.shape[1], device=X.device) % 2)
    along = (X * sign[:, None]).mean(1)
    return {**values, "W": (values["W"].double() + along).to(values["W"].dtype)}


TRAINING = "torch.batch_norm in training"
INFERENCE = "torch.batch_norm in inference"

BATCHNORMS = {
    "batchnorm": Reference(TRAINING, _features, over=(0,), far=True),
    "batchnorm-running": Reference(TRAINING, _running, over=(0,), far=True),
    "batchnorm-inference": Reference(INFERENCE, _inference, over=(0,)),
    "batchnorm2d": Reference(TRAINING, each_instance(_images), over=(0, 2, 3), far=True),
    "batchnorm3d": Reference(TRAINING, each_instance(_images), over=(0, 2, 3, 4), far=True),
    "linear-batchnorm": Reference(
        "torch.nn.functional.linear and torch.batch_norm in training",
        each_instance(_linear),
        over=(0, 1),
        small=False,
        completed=_spread,
    ),
    "linear-batchnorm-inference": Reference(
        "torch.nn.functional.linear and torch.batch_norm in inference", each_instance(_linear_inference), over=(1,)
    ),
}
