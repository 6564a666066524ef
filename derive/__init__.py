"""Exact: derivations and proofs for normalization layers, for every size and epsilon. Never imports torch.

The names below are imported when they are first used, so that `derive --help` loads nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.closed_forms import closed_form
    from derive.commands.prove import main
    from derive.errata import Erratum, all_errata
    from derive.gradients import adjoints, gradient, jacobian
    from derive.kernel import (
        KernelError,
        Theorem,
        by_certificate,
        by_lemmas,
        by_normal_form,
        by_square,
        by_transitivity,
    )
    from derive.language import (
        Abs,
        Claim,
        Delta,
        Derivative,
        Eq,
        Index,
        LanguageError,
        Matrix,
        Ne,
        Scalar,
        Size,
        Sum,
        Tensor,
        Term,
        Vector,
        define,
        exp,
        indices,
        inner,
        log,
        loss,
        mean,
        norm,
        operator_norm_at_most,
        positive_semidefinite,
        sign,
        sqrt,
        squared_norm,
        substitute,
        tanh,
    )
    from derive.layers import Layer
    from derive.maxima import Maximum, Minimum
    from derive.refute.at_point import counterexample_at
    from derive.theorems.derivation import Derivation, DerivationError
    from derive.theorems.registry import statement
    from derive.verdicts import NotProved, Proved, Refuted, Undecided, Verdict, decide, prove

_HOMES = {
    "derive.closed_forms": "closed_form",
    "derive.commands.prove": "main",
    "derive.verdicts": "NotProved Proved Refuted Undecided Verdict decide prove",
    "derive.errata": "Erratum all_errata",
    "derive.gradients": "adjoints gradient jacobian",
    "derive.kernel": "KernelError Theorem by_certificate by_lemmas by_normal_form by_square by_transitivity",
    "derive.language": "Abs Claim Delta Derivative Eq Index LanguageError Matrix Ne Scalar Size Sum Tensor Term Vector "
    "define exp indices inner log loss mean norm operator_norm_at_most positive_semidefinite sign sqrt squared_norm "
    "substitute tanh",
    "derive.layers": "Layer",
    "derive.maxima": "Maximum Minimum",
    "derive.refute.at_point": "counterexample_at",
    "derive.theorems.derivation": "Derivation DerivationError",
    "derive.theorems.registry": "statement",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Abs",
    "Claim",
    "Delta",
    "Derivation",
    "DerivationError",
    "Derivative",
    "Eq",
    "Erratum",
    "Index",
    "KernelError",
    "LanguageError",
    "Layer",
    "Matrix",
    "Maximum",
    "Minimum",
    "Ne",
    "NotProved",
    "Proved",
    "Refuted",
    "Scalar",
    "Size",
    "Sum",
    "Tensor",
    "Term",
    "Theorem",
    "Undecided",
    "Vector",
    "Verdict",
    "adjoints",
    "all_errata",
    "by_certificate",
    "by_lemmas",
    "by_normal_form",
    "by_square",
    "by_transitivity",
    "closed_form",
    "counterexample_at",
    "decide",
    "define",
    "exp",
    "gradient",
    "indices",
    "inner",
    "jacobian",
    "log",
    "loss",
    "main",
    "mean",
    "norm",
    "operator_norm_at_most",
    "positive_semidefinite",
    "prove",
    "sign",
    "sqrt",
    "squared_norm",
    "statement",
    "substitute",
    "tanh",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"derive has no {name}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOME_OF[name]), name)
