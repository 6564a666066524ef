"""Lemma 4.5: initialization. A layer that does not see the length of its weights has a whole ray of optima."""

from derive.language import Claim, Eq, Ne, Scalar, Size, Vector, define, indices, inner, squared_norm, term
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

n = Size("n")
(i,) = indices("i", n)
start = Vector("W0", n, latex="W_0")
optimum = Vector("Wstar", n, latex="W^*")
c = Scalar("c")

SOURCE = "Santurkar et al. 2018, Lemma 4.5"

length = squared_norm(optimum, i)
overlap = inner(start, optimum, i)
k = define("k", overlap / length)
apart = squared_norm(start[i] - optimum[i], i)
HAS_LENGTH = length > 0


def to(factor):
    """The squared distance from the start to a multiple of the optimum."""
    return squared_norm(start[i] - factor * optimum[i], i)


printed = apart - (length - overlap) ** 2 / length


@statement("lemma-4.5", source=SOURCE)
def lemma_4_5() -> Derivation:
    """Pythagoras on the line through the optimum: how much closer its nearest point k W* is to the start."""
    return (
        Derivation(to(k))
        .eq(squared_norm(start, i) - 2 * k * overlap + k**2 * length, "the square of a difference")
        .eq(squared_norm(start, i) - k**2 * length, "<W0, W*> = k |W*|^2")
        .eq(apart - (1 - k) ** 2 * length, "|W0 - W*|^2 = |W0|^2 - 2 k |W*|^2 + |W*|^2")
        .but_not(Eq(to(k), apart + (1 - k) ** 2 * length), "with a plus sign: k W* is nearer, not farther")
    )


@statement("lemma-4.5-printed", source=SOURCE)
def lemma_4_5_printed() -> Derivation:
    """The printed bound, at k W*: an equality."""
    return Derivation(to(k)).eq(apart - (1 - k) ** 2 * length, "Pythagoras").eq(printed, "k = <W0, W*> / |W*|^2")


@statement("lemma-4.5-nearest", source=SOURCE)
def lemma_4_5_nearest() -> Derivation:
    """No multiple of the optimum is nearer to the start than k W*."""
    return Derivation(to(k), given=HAS_LENGTH).le(
        to(c), "the distance between two points of the line adds up with it", certificate=(c - k) ** 2 * length
    )


@statement("lemma-4.5-on-the-ray", source=SOURCE)
def lemma_4_5_on_the_ray() -> Derivation:
    """The nearest point lies on the ray of the optimum where the start has a positive overlap with it."""
    return (
        Derivation(0, given=(HAS_LENGTH, overlap > 0))
        .lt(k, "a quotient of positive numbers")
        .but_not(Claim(term(0), "<", k, (HAS_LENGTH,)), "for every start")
    )


@statement("lemma-4.5-strict", source=SOURCE)
def lemma_4_5_strict() -> Derivation:
    """The nearest optimum is strictly nearer than the optimum, unless it is the same."""
    return Derivation(to(k), given=(HAS_LENGTH, Ne(k, 1))).lt(
        apart, "(1 - k)^2 |W*|^2 is positive", certificate=(k - 1) ** 2 * length
    )


@statement("lemma-4.5-other-side", source=f"{SOURCE}, where <W0, W*> <= 0, as in copies that lack the condition")
def lemma_4_5_other_side() -> Derivation:
    """Where the start has no positive overlap with the optimum, every point of the ray fails the printed bound."""
    return (
        Derivation(printed, given=(c > 0, HAS_LENGTH, overlap <= 0))
        .le(squared_norm(start, i), "what is subtracted is a square", certificate=overlap**2 / length)
        .lt(
            to(c),
            "neither term that c adds is negative, and one is positive",
            certificate=2 * c * -overlap + c**2 * length,
        )
        .but_not(
            Claim(to(c), "<=", printed, (c > 0, HAS_LENGTH, overlap < 0)), "the printed bound there, for a c of the ray"
        )
    )


@statement("lemma-4.5-infimum", source=f"{SOURCE}, where <W0, W*> <= 0")
def lemma_4_5_infimum() -> Derivation:
    """There some point of the ray comes as near to the start as 0 does, up to any eta > 0: none of them is nearest."""
    eta = Scalar("eta", positive=True)
    total = eta + length - 2 * overlap
    close = define("c", eta / total)
    rest = eta**2 + eta * length + length**2 + 2 * (eta + length) * -overlap
    return (
        Derivation(to(close), given=(HAS_LENGTH, overlap <= 0))
        .eq(squared_norm(start, i) + close * (close * length - 2 * overlap), "the square of a difference")
        .lt(
            squared_norm(start, i) + eta,
            "c < 1, so that c |W*|^2 - 2 <W0, W*> is less than eta / c",
            certificate=eta / total**2 * rest,
        )
    )
