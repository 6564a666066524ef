"""What people call the arguments and the attributes of a normalization layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch

from verify.errors import VerifyError

NAMES = {
    "weight": ("weight", "gamma", "w", "scale", "gain", "a_2", "a2", "g"),
    "bias": ("bias", "beta", "b", "shift", "offset", "b_2", "b2"),
    "eps": ("eps", "epsilon", "variance_epsilon", "norm_eps", "layer_norm_eps", "_eps"),
    "num_groups": ("num_groups", "groups", "n_groups", "ngroups", "G"),
    "normalized_shape": ("normalized_shape", "shape", "size", "dims"),
    "dim": ("dim", "axis"),
}
"""The roles, each with the names that are used for it, in order of preference."""

SWITCHES: dict[str, Any] = {
    "running_mean": None,
    "running_var": None,
    "training": True,
    "is_training": True,
    "train": True,
    "use_input_stats": True,
}
"""Arguments of batch normalization that put it in training, without running statistics."""

BY_ORDER = ("weight", "bias", "eps")


def role_of(name: str, further: Mapping[str, tuple[str, ...]]) -> str | None:
    """The role that a name stands for, if it is one of those people use."""
    return next((role for role, names in {**further, **NAMES}.items() if name in names), None)


class Roles:
    """Which argument of a function has which role, read off its signature.

    The first argument is the input, unless roles `further` than those in NAMES say what it is.
    """

    def __init__(
        self,
        function: Callable,
        name: str,
        skip: int = 0,
        further: Mapping[str, tuple[str, ...]] | None = None,
        order: tuple[str, ...] = BY_ORDER,
    ) -> None:
        self.name, self.order = name, order
        self.parameters = _parameters(function, name)[skip:]
        if not any(p.kind is not p.VAR_KEYWORD for p in self.parameters):
            raise VerifyError(f"{name} takes no arguments; a layer is a function of its input, such as f(x, weight)")
        self.defaults = {p.name: p.default for p in self.parameters if p.default is not inspect.Parameter.empty}
        self.further = further or {}
        self.starred = self.parameters[0].kind is inspect.Parameter.VAR_POSITIONAL
        self.roles: dict[str, str] = {role: role for role in order} if self.starred else self._roles()

    def _roles(self) -> dict[str, str]:
        """Role by argument: by name, and what is left of the required ones by order."""
        rest = [p for p in self.parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        found: dict[str, str] = {}
        if not self.further and rest:
            found[rest.pop(0).name] = "x"
        for parameter in rest:
            role = role_of(parameter.name, self.further)
            if role in BY_ORDER and role not in self.order:
                continue
            if role is not None and role not in found.values():
                found[parameter.name] = role
        for parameter in rest:
            if parameter.name in found or parameter.name in SWITCHES or parameter.name in self.defaults:
                continue
            left = [role for role in (*self.further, *self.order) if role not in found.values()]
            if not left:
                raise VerifyError(self._unknown(parameter.name))
            found[parameter.name] = left[0]
        return found

    def _unknown(self, argument: str) -> str:
        known = NAMES if self.order else ("dim",)
        return (
            f"{self.name} takes an argument {argument!r} that is none of {', '.join((*self.further, *known))}; "
            f"wrap it: lambda {', '.join((*(self.further or ('x',)), *self.order))}: {self.name}(...)"
        )

    def takes(self, role: str) -> bool:
        return role in self.roles.values()

    def default(self, role: str) -> Any:
        """The default value of the argument with this role, or None."""
        argument = next((name for name, own in self.roles.items() if own == role), None)
        return self.defaults.get(argument) if argument else None

    def arguments(self, values: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The positional and the keyword arguments of a call with these values by role."""
        if self.starred:
            return [values[role] for role in ("x", *self.order) if values.get(role) is not None], {}
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        by_keyword = False
        for parameter in self.parameters:
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            role = self.roles.get(parameter.name, parameter.name)
            known = role in values or role in SWITCHES
            value = values[role] if role in values else SWITCHES.get(role)
            if parameter.kind is parameter.KEYWORD_ONLY or by_keyword:
                if known:
                    keywords[parameter.name] = value
            elif known:
                positional.append(value)
            elif parameter.name in self.defaults:
                by_keyword = parameter.kind is not parameter.POSITIONAL_ONLY
                if not by_keyword:
                    positional.append(self.defaults[parameter.name])
            else:
                raise VerifyError(f"{self.name} needs {parameter.name} ({role}); give {role}=...")
        return positional, keywords


def _parameters(function: Callable, name: str) -> list[inspect.Parameter]:
    schema = _schema(function)
    if schema is not None:
        return schema
    try:
        return list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):
        raise VerifyError(
            f"the arguments of {name} can't be read off it; wrap it: lambda x, weight, bias, eps: {name}(...)"
        ) from None


def _schema(function: Callable) -> list[inspect.Parameter] | None:
    """The arguments of a torch operator, of a scripted function, or of torch's own operators in C++."""
    if inspect.isbuiltin(function) and getattr(torch, function.__name__, None) is function:
        function = getattr(torch.ops.aten, function.__name__, function)
    if "int" in getattr(function, "_overload_names", ()):
        function = getattr(function, "int")  # noqa: B009 - an attribute that its type does not know
    schema = getattr(getattr(function, "default", function), "_schema", None) or getattr(function, "schema", None)
    arguments = getattr(schema, "arguments", None)
    if arguments is None:
        return None
    found = []
    for argument in arguments:
        default = argument.default_value if argument.has_default_value() else inspect.Parameter.empty
        kind = inspect.Parameter.KEYWORD_ONLY if argument.kwarg_only else inspect.Parameter.POSITIONAL_OR_KEYWORD
        found.append(inspect.Parameter(argument.name, kind, default=default))
    return found
