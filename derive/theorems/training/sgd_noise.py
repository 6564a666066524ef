"""How far the gradient of a minibatch is from the gradient: the noise of stochastic gradient descent.

G[i, c] is entry c of the gradient of sample i. A minibatch is B draws from the n samples; what is assumed of them is
the probability with which two draws pick two given samples, see draws.py. Nothing is assumed about G.
"""

from derive.language import Eq, Index, Matrix, Scalar, Size, Sum, Tensor, Term, define, indices, mean
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement
from derive.theorems.training.draws import with_replacement, without_replacement

n, B, d = Size("n"), Size("B"), Size("d")
i, k = indices("i k", n)
j, q = indices("j q", B)
c = Index("c", d)
w = Index("w", Size("N"))
alpha = Scalar("alpha")

G = Matrix("G", n, d)
grad = define("grad", mean(G[i, c], i), c)
e = define("e", G[i, c] - grad[c], i, c)
C = define("C", mean(Sum((G[i, c] - grad[c]) ** 2, c), i))
C_unbiased = define("C_unbiased", n / (n - 1) * C, latex=r"C_{n-1}")
picked = Matrix("picked", B, d)

SOURCE = "Bjorck et al. 2018, Section 3 and Appendix D"


def expected_noise(P: Tensor) -> Term:
    """E|alpha grad_B - alpha grad|^2: the square of the sum of the errors of the draws, pair by pair."""
    return alpha**2 / B**2 * Sum(P[j, q, i, k] * Sum(e[i, c] * e[k, c], c), i, k, j, q)


@statement("sgd-error-term", source=SOURCE)
def sgd_error_term() -> Derivation:
    """A minibatch step is the gradient step plus the mean error of its samples."""
    return (
        Derivation(alpha * mean(picked[j, c], j))
        .eq(alpha * grad[c] + alpha / B * Sum(picked[j, c] - grad[c], j), "add and subtract B times the gradient")
        .but_not(
            Eq(alpha * mean(picked[j, c], j), alpha * grad[c] + alpha * Sum(picked[j, c] - grad[c], j)),
            "the errors are averaged, not summed",
        )
    )


@statement("sgd-unbiased", source=SOURCE)
def sgd_unbiased() -> Derivation:
    """The expected minibatch step is the gradient step, drawn with replacement."""
    return _unbiased(with_replacement(B, n))


@statement("sgd-unbiased-without-replacement", source=SOURCE)
def sgd_unbiased_without_replacement() -> Derivation:
    """The expected minibatch step is the gradient step, drawn without replacement, too."""
    return _unbiased(without_replacement(B, n))


def _unbiased(P: Tensor) -> Derivation:
    return (
        Derivation(alpha / B * Sum(P[j, j, i, k] * G[i, c], i, k, j))
        .eq(alpha / B * Sum(1 / n * G[i, c], i, j), "a draw picks every sample with probability 1/n")
        .eq(alpha * grad[c], "B equal terms")
    )


@statement("sgd-noise-moments", source="linearity of the expectation")
def sgd_noise_moments() -> Derivation:
    """Of N equally likely minibatches only the second moments matter to the noise."""
    picks = Tensor("picks", (w.size, B, n))
    P = define("P", mean(picks[w, j, i] * picks[w, q, k], w), j, q, i, k)
    error = alpha / B * Sum(picks[w, j, i] * e[i, c], i, j)
    return Derivation(mean(Sum(error**2, c), w)).eq(
        expected_noise(P), "the square of a sum is a double sum; P[j, q, i, k] is the mean of picks picks"
    )


@statement("sgd-noise", source=SOURCE + ", there as an upper bound")
def sgd_noise() -> Derivation:
    """The expected squared error of a minibatch step drawn with replacement: an identity."""
    noise = expected_noise(with_replacement(B, n))
    pairs = (1 - 1 / B) / n**2 * Sum(Sum(e[i, c], i) ** 2, c)
    return (
        Derivation(noise)
        .eq(alpha**2 * (C / B + pairs), "B pairs of a draw with itself, B(B - 1) pairs of independent draws")
        .eq(alpha**2 / B * C, "the errors of all samples sum to zero")
        .but_not(Eq(noise, alpha**2 / B**2 * C), "with 1/B^2: the noise falls with B, not with its square")
        .but_not(Eq(noise, alpha / B * C), "with alpha/B: that is the noise for each unit of alpha, not of a step")
    )


@statement("sgd-noise-without-replacement", source="finite population correction; " + SOURCE)
def sgd_noise_without_replacement() -> Derivation:
    """Without replacement the expected squared error has the further factor (n - B)/(n - 1)."""
    noise = expected_noise(without_replacement(B, n))
    pairs = (1 - 1 / B) / (n * (n - 1)) * (Sum(Sum(e[i, c], i) ** 2, c) - n * C)
    return (
        Derivation(noise)
        .eq(alpha**2 * (C / B + pairs), "two different draws pick two different samples")
        .eq(alpha**2 * (C / B - (1 - 1 / B) / (n - 1) * C), "the errors of all samples sum to zero")
        .eq(alpha**2 / B * C * (n - B) / (n - 1), "over one fraction")
        .but_not(
            Eq(noise, alpha**2 / B * C_unbiased * (n - B) / (n - 1)),
            "with n - 1 in both places: the unbiased C goes with (n - B)/n",
        )
    )


@statement("sgd-noise-bound", source=SOURCE)
def sgd_noise_bound() -> Derivation:
    """Without replacement the noise is at most alpha^2 C/B, as it is printed."""
    noise = expected_noise(without_replacement(B, n))
    return Derivation(noise, given=(B >= 1, n > 1)).le(
        alpha**2 / B * C,
        "the factor (n - B)/(n - 1) is at most 1",
        certificate=alpha**2 * C * (B - 1) / (B * (n - 1)),
    )


@statement("sgd-step-norm", source="the noise and the gradient are orthogonal on average")
def sgd_step_norm() -> Derivation:
    """A minibatch step is longer than the gradient step, on average of squares by the noise."""
    P = with_replacement(B, n)
    norm = alpha**2 / B**2 * Sum(P[j, q, i, k] * Sum(G[i, c] * G[k, c], c), i, k, j, q)
    straight = alpha**2 * Sum(grad[c] ** 2, c)
    return (
        Derivation(norm)
        .eq(straight + expected_noise(P), "G = grad + e, and the mixed terms vanish")
        .eq(straight + alpha**2 / B * C, "the noise")
        .but_not(Eq(norm, straight + alpha**2 * C), "with C for C/B, which is a minibatch of one sample")
        .but_not(Eq(norm, straight - alpha**2 / B * C), "with a minus sign: noise makes no step shorter on average")
    )
