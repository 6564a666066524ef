"""The common mistakes in derivations: what each is, why it happens, an example, and how to spot it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Mistake:
    """`wrong` is a small formula with the mistake, `right` what it should be, both in the names of `layer`.

    `layer` is one of `derive.notes.conventions.PREAMBLES`; the checker refutes `wrong` with this code, and mends it to
    `right`.
    """

    code: str
    title: str
    why: str
    spot: str
    wrong: str
    right: str
    layer: str = "batchnorm"


def _tex(short: str) -> str:
    """LaTeX in which @{x_i} is short for the gradient of the loss by x_i, and ROOT for the root with epsilon."""
    short = short.replace("ROOT", r"\sqrt{\sigma^2 + \epsilon}")
    return re.sub(r"@\{((?:[^{}]|\{[^{}]*\})*)\}", r"\\frac{\\partial L}{\\partial \1}", short)


_ALL = (
    Mistake(
        "sign",
        "A plus where a minus belongs, or the other way round.",
        "Each path from the input to the loss has a sign of its own: x - mu has a minus in it, and the derivative of "
        "1/sqrt(v) has one. They are carried through several lines, and one is lost.",
        "Take all upstream gradients equal. The input then moves nothing, since the mean is taken off: the terms of "
        "the gradient must cancel.",
        r"@{\mu} = \frac{1}{ROOT} \sum_{i=1}^m @{\hat{x}_i}",
        r"@{\mu} = -\frac{1}{ROOT} \sum_{i=1}^m @{\hat{x}_i}",
    ),
    Mistake(
        "missing-factor",
        "A factor such as 1/m, 2 or 1/sigma is missing.",
        "A mean is written as a sum, the 2 of a square is cancelled twice, or a common factor is pulled out of one "
        "term and not out of the next.",
        "Count the powers of m and of the scale of x on both sides: if x is doubled, a gradient by x is halved.",
        r"\frac{\partial \sigma^2}{\partial x_i} = \frac{x_i - \mu}{m}",
        r"\frac{\partial \sigma^2}{\partial x_i} = \frac{2(x_i - \mu)}{m}",
    ),
    Mistake(
        "extra-factor",
        "There is a factor too much.",
        "A derivative is taken and what was differentiated is kept: (x^2)' becomes 2x times x.",
        "Count the powers of the scale of x on both sides.",
        r"\frac{\partial \sigma^2}{\partial x_i} = \frac{2(x_i - \mu)}{m} x_i",
        r"\frac{\partial \sigma^2}{\partial x_i} = \frac{2(x_i - \mu)}{m}",
    ),
    Mistake(
        "missing-square",
        "A square is missing, often at a norm.",
        "An equation between squared norms is written with the square on one side only.",
        "Double everything that is in the norm: both sides must grow alike.",
        r"\sum_{i=1}^m (x_i - \mu) = m \sigma^2",
        r"\sum_{i=1}^m (x_i - \mu)^2 = m \sigma^2",
    ),
    Mistake(
        "extra-square",
        "There is a square too much.",
        "A square is left over from the line before, where the norm was squared.",
        "Double everything that is squared: both sides must grow alike.",
        r"@{\gamma} = \sum_{i=1}^m @{y_i} \hat{x}_i^2",
        r"@{\gamma} = \sum_{i=1}^m @{y_i} \hat{x}_i",
    ),
    Mistake(
        "missing-hat",
        "A hat is missing: what is plain stands where what is normalized belongs.",
        "x and xhat look alike, and so do the loss without the layer and that with it; a hat is lost in copying.",
        "Shift all inputs by a constant: a layer that takes off the mean must not notice.",
        r"@{\gamma} = \sum_{i=1}^m @{y_i} x_i",
        r"@{\gamma} = \sum_{i=1}^m @{y_i} \hat{x}_i",
    ),
    Mistake(
        "extra-hat",
        "There is a hat too much: what is normalized stands where what is plain belongs.",
        "Once xhat is introduced a hat is put on everything.",
        "Scale all inputs: a statistic of the input must grow, and one of the normalized input stays.",
        r"\frac{\partial \sigma^2}{\partial x_i} = \frac{2(\hat{x}_i - \mu)}{m}",
        r"\frac{\partial \sigma^2}{\partial x_i} = \frac{2(x_i - \mu)}{m}",
    ),
    Mistake(
        "missing-sum",
        "A sum over the samples or features is missing.",
        "What is shared by all of them, such as the mean or gamma, reaches the loss through each; the chain rule adds "
        "all of these paths.",
        "Compare the free indices of both sides: an index that stands on one side only has not been summed over.",
        r"@{\beta} = @{y_i}",
        r"@{\beta} = \sum_{i=1}^m @{y_i}",
    ),
    Mistake(
        "extra-sum",
        "There is a sum too much.",
        "The chain rule is written with a sum, but only one of its terms is not zero.",
        "Compare the free indices of both sides.",
        r"@{\hat{x}_i} = \sum_{k=1}^m \gamma @{y_i}",
        r"@{\hat{x}_i} = \gamma @{y_i}",
    ),
    Mistake(
        "index-clash",
        "An index is the wrong one: that of the sum where the free one belongs, or the other way round.",
        "The same letter is used for what is summed over and for the entry that the formula is about.",
        "Rename the index of each sum to a letter that stands nowhere else. If a factor changes its meaning, "
        "the letters clash.",
        r"@{x_i} = \frac{\gamma}{m ROOT} \left(m @{y_i} - \sum_{k=1}^m @{y_k} - \hat{x}_i \sum_{k=1}^m"
        r" @{y_k} \hat{x}_i\right)",
        r"@{x_i} = \frac{\gamma}{m ROOT} \left(m @{y_i} - \sum_{k=1}^m @{y_k} - \hat{x}_i \sum_{k=1}^m"
        r" @{y_k} \hat{x}_k\right)",
    ),
    Mistake(
        "missing-term",
        "A summand is missing.",
        "The input reaches the output on three paths: by itself, by the mean and by the variance. One is forgotten.",
        "Take all upstream gradients equal: the gradient by the input must be zero.",
        r"\frac{\partial (x_i - \mu)}{\partial x_i} = 1",
        r"\frac{\partial (x_i - \mu)}{\partial x_i} = 1 - \frac{1}{m}",
    ),
    Mistake(
        "extra-term",
        "There is a summand too much.",
        "A path is counted that carries nothing: the deviations from the mean sum up to zero.",
        "Write down what each summand becomes when the sums over x - mu are carried out.",
        r"@{\beta} = \sum_{i=1}^m @{y_i} + \gamma",
        r"@{\beta} = \sum_{i=1}^m @{y_i}",
    ),
    Mistake(
        "missing-delta",
        "A 1 stands where a Kronecker delta belongs, or the delta is missing.",
        "The derivative of x_i by x_j is 1 on the diagonal only.",
        "Read the formula for i different from j.",
        r"\frac{\partial (x_i - \mu)}{\partial x_j} = 1 - \frac{1}{m}",
        r"\frac{\partial (x_i - \mu)}{\partial x_j} = \delta_{ij} - \frac{1}{m}",
    ),
    Mistake(
        "epsilon-dropped",
        "Epsilon is left out.",
        "sigma is written for the root of sigma^2 + epsilon, or epsilon is put in at one place and forgotten at "
        "another.",
        "Compare every denominator with the definition of the normalized input.",
        r"\frac{\partial y_i}{\partial \hat{x}_i} \cdot \hat{x}_i = \gamma \frac{x_i - \mu}{\sqrt{\sigma^2}}",
        r"\frac{\partial y_i}{\partial \hat{x}_i} \cdot \hat{x}_i = \gamma \frac{x_i -"
        r" \mu}{\sqrt{\sigma^2 + \epsilon}}",
    ),
    Mistake(
        "epsilon-added",
        "Epsilon stands where there is none.",
        "It belongs to the root of the normalization, and not to the variance itself.",
        "Look up what the definitions say; epsilon stands under the root only.",
        r"\sum_{i=1}^m (x_i - \mu)^2 = m (\sigma^2 + \epsilon)",
        r"\sum_{i=1}^m (x_i - \mu)^2 = m \sigma^2",
    ),
    Mistake(
        "gamma-outside-sums",
        "The gamma of each feature is pulled out of the sums over the features.",
        "In batch normalization one gamma belongs to all that is summed over, and can be pulled out. In layer "
        "normalization the sums run over the features, and each has a gamma of its own.",
        "Give gamma an index. It can leave a sum only if its index is not the one that is summed over.",
        r"@{x_i} = \frac{\gamma_i}{m ROOT} \left(m @{y_i} - \sum_{k=1}^m @{y_k} - \hat{x}_i \sum_{k=1}^m"
        r" @{y_k} \hat{x}_k\right)",
        r"@{x_i} = \frac{1}{m ROOT} \left(m \gamma_i @{y_i} - \sum_{k=1}^m \gamma_k @{y_k} - \hat{x}_i"
        r" \sum_{k=1}^m \gamma_k @{y_k} \hat{x}_k\right)",
        "layernorm",
    ),
    Mistake(
        "gamma-twice",
        "Gamma is counted twice.",
        "The gradient by xhat has gamma in it already; with the gradient by y it must be written out.",
        "Double gamma: a gradient by the input must double, and not be four times as large.",
        r"@{\mu} = -\frac{\gamma}{ROOT} \sum_{i=1}^m @{\hat{x}_i}",
        r"@{\mu} = -\frac{1}{ROOT} \sum_{i=1}^m @{\hat{x}_i}",
    ),
    Mistake(
        "deviation-for-variance",
        "The standard deviation stands where the variance belongs.",
        "sigma and sigma^2 look alike, and a root is taken once too often.",
        "Double the inputs: a variance becomes four times as large, a standard deviation twice.",
        r"\sum_{i=1}^m (x_i - \mu)^2 = m \sigma",
        r"\sum_{i=1}^m (x_i - \mu)^2 = m \sigma^2",
    ),
    Mistake(
        "variance-for-deviation",
        "The variance stands where the standard deviation belongs.",
        "The root is forgotten: the normalization divides by the standard deviation.",
        "Double the inputs: what is normalized must not change.",
        r"\frac{\partial s}{\partial x_i} = \frac{x_i}{m s^2}",
        r"\frac{\partial s}{\partial x_i} = \frac{x_i}{m s}",
        "rmsnorm",
    ),
    Mistake(
        "wrong-exponent",
        "An exponent is off by one, or has the wrong sign.",
        "The derivative of v^(-1/2) is -1/2 v^(-3/2): the exponent goes down, and it is easily left as it was.",
        "Count the powers of the scale of x on both sides.",
        r"@{\sigma^2} = -\frac{1}{2} \sum_{i=1}^m @{\hat{x}_i} (x_i - \mu)"
        r" (\sigma^2 + \epsilon)^{-1/2}",
        r"@{\sigma^2} = -\frac{1}{2} \sum_{i=1}^m @{\hat{x}_i} (x_i - \mu)"
        r" (\sigma^2 + \epsilon)^{-3/2}",
    ),
    Mistake(
        "inverted-fraction",
        "A fraction stands upside down.",
        "What is multiplied by is divided by, or the other way round, when a factor is carried to the other side.",
        "Double the inputs: what is normalized must not change, and a gradient by the input is halved.",
        r"\hat{x}_i = \frac{ROOT}{x_i - \mu}",
        r"\hat{x}_i = \frac{x_i - \mu}{ROOT}",
    ),
    Mistake(
        "biased-for-unbiased",
        "m - 1 stands where m belongs, or the other way round.",
        "The unbiased estimate of a variance divides by m - 1. Normalization layers divide by m, and keep the other "
        "for the running statistics.",
        "Look up with which one the variance is defined, and put in m = 1.",
        r"\frac{\partial \sigma^2}{\partial x_i} = \frac{2(x_i - \mu)}{m - 1}",
        r"\frac{\partial \sigma^2}{\partial x_i} = \frac{2(x_i - \mu)}{m}",
    ),
    Mistake(
        "orders-of-differentiation",
        "The two sides are differentiated by different things, or a different number of times.",
        "The left side is a gradient by x, and the right side is the chain of one by y or by xhat.",
        "Say of each side by what it is differentiated: write the chain rule with all of its links.",
        r"@{x_i} = \gamma @{y_i}",
        r"@{\hat{x}_i} = \gamma @{y_i}",
    ),
    Mistake(
        "wrong-name",
        "One name stands where another belongs.",
        "The derivative of the sigmoid is y(1 - y), of the output, and not x(1 - x), of the input.",
        "Put in numbers.",
        r"\frac{\partial p_i}{\partial x_i} = p_i (1 - x_i)",
        r"\frac{\partial p_i}{\partial x_i} = p_i (1 - p_i)",
        "softmax",
    ),
    Mistake(
        "wrong-value",
        "The number on the right side is another one.",
        "A sum of squares of normalized values is m, and their mean is 1.",
        "Put in two samples.",
        r"\sum_{i=1}^m \hat{x}_i = 1",
        r"\sum_{i=1}^m \hat{x}_i = 0",
    ),
    Mistake(
        "arithmetic",
        "A calculation with numbers has another result.",
        "It happens.",
        "Calculate it again.",
        r"\frac{1}{2} + \frac{1}{3} = \frac{2}{5}",
        r"\frac{1}{2} + \frac{1}{3} = \frac{5}{6}",
    ),
    Mistake(
        "equality-for-bound",
        "An equation is written where only a bound holds.",
        "A step used the inequality of Cauchy and Schwarz, and its sign was lost.",
        "Look for numbers at which both sides differ; if one is never larger, it is a bound.",
        r"\left(\sum_{i=1}^m x_i\right)^2 = m \sum_{i=1}^m x_i^2",
        r"\left(\sum_{i=1}^m x_i\right)^2 \le m \sum_{i=1}^m x_i^2",
    ),
    Mistake(
        "bound-for-equality",
        "A strict bound is written where both sides can be equal.",
        "< is typed for <=, but the bound is reached, for instance where all inputs are zero.",
        "Put in zeros, or equal numbers.",
        r"0 < \sum_{i=1}^m (x_i - \mu)^2",
        r"0 \le \sum_{i=1}^m (x_i - \mu)^2",
    ),
    Mistake(
        "bound-reversed",
        "A bound is the wrong way round.",
        "Both sides were multiplied by something negative, or a minus was moved to the other side.",
        "Put in numbers.",
        r"\left(\sum_{i=1}^m x_i\right)^2 \ge m \sum_{i=1}^m x_i^2",
        r"\left(\sum_{i=1}^m x_i\right)^2 \le m \sum_{i=1}^m x_i^2",
    ),
    Mistake(
        "hypothesis-missing",
        "The formula needs a hypothesis that is not stated.",
        "A root of a square is the number itself only if it is not negative.",
        "Put in zero and a negative number for everything that is not said to be positive.",
        r"\sqrt{\gamma^2} = \gamma",
        r"\sqrt{\gamma^2} = \gamma \quad (\gamma \ge 0)",
    ),
    Mistake(
        "equals-in-brackets",
        "An equals sign stands inside of brackets, where a plus or a minus belongs.",
        "The keys are next to each other.",
        "Inside of brackets there is no relation, but for an indicator such as 1[i = j].",
        r"\frac{\partial (x_i - \mu)}{\partial x_j} = \left(\delta_{ij} = \frac{1}{m}\right)",
        r"\frac{\partial (x_i - \mu)}{\partial x_j} = \left(\delta_{ij} - \frac{1}{m}\right)",
    ),
)

MISTAKES: dict[str, Mistake] = {
    each.code: replace(each, wrong=_tex(each.wrong), right=_tex(each.right)) for each in _ALL
}
"""By their codes, the most common first."""
