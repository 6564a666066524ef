"""The numbers behind a diagnosis."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from verify.diagnosis.residual import Fit, Residual
from verify.diagnosis.rounding import Similar
from verify.diagnosis.search import Explanation


def evidence(wrong: Mapping[str, Residual], explanation: Explanation | None) -> str:
    """For each explained quantity: error over bound before and after, how much is explained, and its worst entry."""
    fits = explanation.fits if explanation else {}
    names = fits or wrong
    return "\n".join(f"{name}: {_before(wrong[name])}{_after(fits.get(name))}; {worst(wrong[name])}" for name in names)


def _before(each: Residual) -> str:
    return f"error over bound {each.ratio:.3g}"


def _after(fit: Fit | None) -> str:
    if fit is None:
        return ""
    return f", and {fit.ratio:.2g} with this fault in the formula, which explains {_percent(fit.share)} of the residual"


def of_sizes(wrong: Mapping[str, Residual], found: Similar) -> str:
    """The sizes of errors that were observed beside those that were simulated, and how well the structure fits."""
    lines = []
    for name, (size, simulated) in found.sizes.items():
        errors = f"errors of {size:.2g} (rms), simulated {simulated:.2g}"
        if name not in wrong:
            lines.append(f"{name}: {errors}")
            continue
        line = f"{name}: {_before(wrong[name])}; {errors}"
        if name in found.fits:
            line += f"; {found.fits[name].ratio:.2g} of the bound is left with other values of these sums in each row"
        lines.append(f"{line}; {worst(wrong[name])}")
    return "\n".join(lines)


def worst(each: Residual) -> str:
    """The entry with the largest error over its bound."""
    ratio = (each.difference.abs() / each.bound).nan_to_num(nan=torch.inf)
    ratio = torch.where(each.where, ratio, 0.0)
    place = int(ratio.argmax())
    at = ", ".join(str(int(i)) for i in torch.unravel_index(torch.tensor(place), each.got.shape))
    got, due = float(each.got.flatten()[place]), float(each.expected.flatten()[place])
    return f"worst entry [{at}]: got {got:.6g}, expected {due:.6g}"


def _percent(share: float) -> str:
    return "all but a millionth" if share > 0.999999 else f"{100 * share:.2f}%"
