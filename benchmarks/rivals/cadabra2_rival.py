"""The three statements in cadabra2, for every m, once a person has typed in the rules.

What it is told: `c_{b}` is centred (it sums to zero), its squares sum to V, `r` is 1/s, `n` is 1/m, `o_{b}` is a
vector of ones, and the derivatives of c and r by y. What it does: the product rule, the algebra, and the comparison.
"""

from __future__ import annotations

from benchmarks.worker import missing, serve

try:
    import cadabra2
    from cadabra2 import (
        Ex,
        collect_terms,
        distribute,
        eliminate_kronecker,
        product_rule,
        rename_dummies,
        sort_product,
        substitute,
    )
except ImportError:
    cadabra2 = None


def declare() -> None:
    cadabra2.Indices(Ex(r"{b,k,l,p,q,u,v,w,x,i,j}"), Ex("position=free"))
    cadabra2.KroneckerDelta(Ex(r"\delta_{b k}"))
    cadabra2.PartialDerivative(Ex(r"\partial{#}"))
    cadabra2.Depends(Ex(r"{c_{b}, r, h_{b}}"), Ex(r"\partial{#}"))


if cadabra2:
    __cdbkernel__ = cadabra2.create_scope()
    declare()
    NORMALIZED = Ex(r"h_{b} -> r c_{b}")
    DERIVATIVES = (
        Ex(r"\partial_{k}{r} -> - r r r n c_{l} \partial_{k}{c_{l}}"),
        Ex(r"\partial_{k}{c_{b}} -> \delta_{b k} - n o_{b} o_{k}"),
    )
    SUMS = (Ex(r"o_{b} c_{b} -> 0"), Ex(r"n o_{b} o_{b} -> 1"), Ex(r"c_{b} c_{b} -> V"))

JACOBIAN = r"\partial_{k}{h_{b}} - r (\delta_{b k} - n o_{b} o_{k} SIGN n h_{b} h_{k})"
GRADIENT = r"G g_{k} \partial_{b}{h_{k}}"
BACKWARD = GRADIENT + r" - G r (g_{b} - n o_{b} o_{k} g_{k} SIGN n h_{b} g_{k} h_{k})"
NORM = (
    r"v_{b} v_{b} - G G r r (g_{b} g_{b} - n o_{b} g_{b} o_{k} g_{k}"
    r" SIGN n (2 - n r r V) g_{b} h_{b} g_{k} h_{k})"
)


def normal(expression: Ex) -> Ex:
    """Derivatives taken, products distributed, sums contracted by the rules."""
    substitute(expression, NORMALIZED)
    product_rule(expression)
    distribute(expression)
    for rule in DERIVATIVES:
        substitute(expression, rule)
    distribute(expression)
    eliminate_kronecker(expression)
    for _ in range(2):
        for rule in SUMS:
            substitute(expression, rule)
    sort_product(expression)
    rename_dummies(expression)
    collect_terms(expression)
    return expression


def prove(statement: str, planted: bool = False) -> bool:
    """Whether cadabra2 reduces the difference of the two sides to zero; `planted` flips its last sign."""
    sign = "+" if planted else "-"
    if statement == "C.2":
        return str(normal(Ex(JACOBIAN.replace("SIGN", sign)))) == "0"
    if statement == "C.1":
        return str(normal(Ex(BACKWARD.replace("SIGN", sign)))) == "0"
    gradient = normal(Ex(GRADIENT)).input_form()
    difference = Ex(NORM.replace("SIGN", sign))
    substitute(difference, Ex(f"v_{{b}} -> {gradient}"))
    return str(normal(difference)) == "0"


if __name__ == "__main__":
    serve(prove) if cadabra2 else missing("cadabra2")
