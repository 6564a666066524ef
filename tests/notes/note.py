"""Notes in a few lines, and the verdicts on them."""

import re

from derive.notes.find import formulas_in
from derive.notes.judge import Checked, Note

BATCHNORM = r"""
$\mu = \frac{1}{m}\sum_{i=1}^m x_i$, $\sigma^2 = \frac{1}{m}\sum_{i=1}^m (x_i - \mu)^2$,
$\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}$ and $y_i = \gamma \hat{x}_i + \beta$.
"""

LAYERNORM = r"""
$\mu = \frac{1}{d}\sum_{i=1}^d x_i$, $\sigma^2 = \frac{1}{d}\sum_{i=1}^d (x_i - \mu)^2$,
$\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}$ and $y_i = \gamma_i \hat{x}_i + \beta_i$.
"""


def tex(short: str) -> str:
    """LaTeX in which @{x_i} is short for the gradient of the loss by x_i, as most people write it."""
    return re.sub(r"@\{((?:[^{}]|\{[^{}]*\})*)\}", r"\\frac{\\partial L}{\\partial \1}", short)


def checked(text: str) -> list[Checked]:
    """Every displayed formula of a Markdown text."""
    return Note(formulas_in(text)).check()


def verdicts(text: str) -> list[str]:
    return [each.verdict for each in checked(text)]


def of(latex: str, context: str = BATCHNORM) -> Checked:
    """One formula after its definitions."""
    (found,) = checked(f"{context}\n\n$$\n{latex}\n$$\n")
    return found
