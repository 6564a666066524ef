"""Running statistics: what is kept over many batches for inference, and what it is an estimate of.

Batches are independent draws from a finite distribution: value a[i] has a probability proportional to weight[i].
Nothing else is assumed, so what is proved holds for every distribution on finitely many values.
"""

from derive.language import Eq, Scalar, Size, Sum, Term, Vector, define, indices
from derive.layers import batchnorm, batchnorm_running
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement
from derive.theorems.training.draws import independent

running = batchnorm_running()
momentum, old, mu = running.momentum, running.running_mean, running.mu
kept = define("kept", 1 - momentum)

i, k = indices("i k", Size("n"))
b, q = batchnorm().indices("b q")
m = b.size
a, weight = Vector("a", i.size), Vector("weight", i.size, positive=True)
P = independent(m, weight)
value, new = Scalar("v"), Scalar("v_new")
total = Sum(weight[i], i)
mu_0 = define("mu_0", Sum(weight[i] * a[i], i) / total, latex=r"\mu_0")
tau2 = define("tau2", Sum(weight[i] * (a[i] - mu_0) ** 2, i) / total, latex=r"\tau^2")

CONVENTIONS = "torch.nn.BatchNorm1d against Keras and the notes"


def expected(of_two_draws: Term) -> Term:
    """The expected mean, over all pairs of entries of a batch, of a formula in the values i and k that they have."""
    return Sum(P[b, q, i, k] * of_two_draws, i, k, b, q) / m**2


@statement("running-mean-error", layer=running, source="torch.nn.BatchNorm1d")
def running_mean_error() -> Derivation:
    """One update brings the running mean closer to that of the batch, by the factor 1 - momentum."""
    return (
        Derivation(running.new_mean - mu)
        .eq(kept * old + momentum * mu - mu, "torch weights the new statistic by momentum, the old one by what is left")
        .eq(kept * (old - mu), "the terms with mu")
        .but_not(
            Eq(kept * old + momentum * mu - mu, momentum * (old - mu)), "with momentum, as where it weights the old one"
        )
    )


@statement("momentum-conventions", source=CONVENTIONS)
def momentum_conventions() -> Derivation:
    """A convention that weights the old statistic by momentum is torch's with 1 - momentum for momentum."""
    return Derivation(momentum * value + kept * new).eq(
        (1 - kept) * value + kept * new, "torch's update, with 1 - momentum for its momentum"
    )


@statement("momentum-mixed-up", source=CONVENTIONS)
def momentum_mixed_up() -> Derivation:
    """With the same momentum the two conventions differ by (2 momentum - 1)(old - new): they agree at 1/2."""
    difference = momentum * value + kept * new - (kept * value + momentum * new)
    return (
        Derivation(difference)
        .eq((momentum - kept) * (value - new), "what is old and what is new")
        .eq((2 * momentum - 1) * (value - new), "kept = 1 - momentum")
        .but_not(Eq(difference, (1 - 2 * momentum) * (value - new)), "the other way round")
    )


@statement("running-three-steps", source="unrolling the recursion")
def running_three_steps() -> Derivation:
    """After three updates a statistic counts less by 1 - momentum for each step since, and so does the start."""
    first, second, third = (Scalar(name) for name in ("v_1", "v_2", "v_3"))

    def updated(value: Term, new: Term) -> Term:
        return kept * value + momentum * new

    made = updated(updated(updated(value, first), second), third)
    recent = kept**2 * first + kept * second + third
    return (
        Derivation(made)
        .eq(kept**3 * value + momentum * recent, "multiplied out")
        .eq(value + momentum * (recent - (kept**2 + kept + 1) * value), "the weights add up to 1")
        .but_not(Eq(made, kept**2 * value + momentum * recent), "three updates, three factors")
    )


@statement("batch-mean-unbiased", source="independent draws")
def batch_mean_unbiased() -> Derivation:
    """The expected mean of a batch is the mean of the distribution."""
    return (
        Derivation(Sum(P[b, b, i, k] * a[i], i, k, b) / m)
        .eq(Sum(weight[i] * a[i] / total, i, b) / m, "each entry has value i with the same probability")
        .eq(mu_0, "m equal terms")
    )


@statement("batch-mean-noise", source="why larger batches regularize less")
def batch_mean_noise() -> Derivation:
    """The mean of a batch differs from that of the distribution by tau^2/m, in expected squares."""
    noise = expected((a[i] - mu_0) * (a[k] - mu_0))
    return (
        Derivation(noise)
        .eq(
            tau2 / m + (1 - 1 / m) * (Sum(weight[i] * (a[i] - mu_0), i) / total) ** 2, "m pairs of an entry with itself"
        )
        .eq(tau2 / m, "the distances from the mean vanish on average")
        .but_not(Eq(noise, tau2 / m**2), "with 1/m^2: the noise of a mean falls with m")
    )


@statement("batch-variance-biased", source="Bessel's correction")
def batch_variance_biased() -> Derivation:
    """The expected variance of a batch, with 1/m, is (m - 1)/m of that of the distribution."""
    biased = expected((a[i] - a[k]) ** 2 / 2)
    return (
        Derivation(biased)
        .eq(
            (1 - 1 / m) * Sum(weight[i] * weight[k] * (a[i] - a[k]) ** 2 / 2, i, k) / total**2,
            "a variance is the mean of half the squared difference over all pairs; an entry with itself has none",
        )
        .eq((m - 1) / m * tau2, "the same for the distribution")
        .but_not(Eq(biased, (1 + 1 / m) * tau2), "with a plus sign: it is too small, not too large")
    )


@statement("batch-variance-unbiased", source="Ioffe and Szegedy 2015, Algorithm 2")
def batch_variance_unbiased() -> Derivation:
    """With the factor m/(m - 1), as for inference, the variance of a batch is unbiased."""
    unbiased = m / (m - 1) * expected((a[i] - a[k]) ** 2 / 2)
    return (
        Derivation(unbiased)
        .eq(m / (m - 1) * ((m - 1) / m * tau2), "the expected variance with 1/m")
        .eq(tau2, "for m = 1 there is no such thing")
        .but_not(Eq(unbiased, (m - 1) / m * tau2), "as if the factor did not cancel")
    )
