"""No theorem without the kernel: every way to make one by hand fails, or is found by recheck."""

import copy
import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from derive import Eq, KernelError, Scalar, Theorem, by_certificate, by_normal_form, by_transitivity, prove
from derive.kernel import is_theorem
from derive.language import Claim, Number

ROOT = Path(__file__).parents[2]
FIELDS = ("claim", "conditions", "rule", "premises", "evidence")

x, y, z = Scalar("x"), Scalar("y"), Scalar("z")
FALSE = Eq(x, y)


def true_theorem() -> Theorem:
    return prove(Eq(x + y, y + x))


def forged(**fields: object) -> Theorem:
    """A theorem without the kernel, as object.__new__ and object.__setattr__ allow."""
    made = object.__new__(Theorem)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def complete(claim: Claim, rule: str = "normal form", premises: tuple = (), evidence: object = None) -> Theorem:
    return forged(claim=claim, conditions=(), rule=rule, premises=premises, evidence=evidence)


@pytest.mark.parametrize("arguments", [(), (FALSE,), (FALSE, (), "normal form", (), None)])
def test_the_class_has_no_constructor(arguments):
    with pytest.raises(TypeError, match="made by the rules of derive"):
        Theorem(*arguments)


def test_the_class_has_no_constructor_by_keyword():
    with pytest.raises(TypeError, match="made by the rules"):
        Theorem(claim=FALSE, conditions=(), rule="normal form", premises=(), evidence=None)


def test_no_subclass():
    with pytest.raises(TypeError, match="can't be subclassed"):
        type("Mine", (Theorem,), {})
    with pytest.raises(TypeError, match="can't be subclassed"):

        class Mine(Theorem):
            def __new__(cls):
                return object.__new__(cls)


@pytest.mark.parametrize("name", FIELDS)
def test_attributes_cannot_be_set_or_deleted(name):
    theorem = true_theorem()
    with pytest.raises(AttributeError, match="can't be changed"):
        setattr(theorem, name, None)
    with pytest.raises(AttributeError, match="can't be changed"):
        delattr(theorem, name)


def test_no_new_attribute():
    with pytest.raises(AttributeError):
        true_theorem().note = "trust me"


def test_a_copy_is_the_theorem_itself():
    theorem = true_theorem()
    assert copy.copy(theorem) is theorem
    assert copy.deepcopy(theorem) is theorem
    assert copy.deepcopy([theorem])[0] is theorem


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickle(protocol):
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(true_theorem(), protocol)


def test_a_hand_written_pickle_makes_nothing():
    class Reduces:
        def __reduce__(self):
            return (object.__new__, (Theorem,), {"claim": FALSE})

    with pytest.raises((TypeError, AttributeError)):
        pickle.loads(pickle.dumps(Reduces()))


def test_no_dataclasses_replace():
    with pytest.raises(TypeError):
        dataclasses.replace(true_theorem(), claim=FALSE)


@pytest.mark.skipif(not hasattr(copy, "replace"), reason="copy.replace came with Python 3.13")
def test_no_copy_replace():
    with pytest.raises(TypeError):
        copy.replace(true_theorem(), claim=FALSE)


def test_reduce_ex_of_object_makes_nothing():
    constructor, arguments, *_ = object.__reduce_ex__(true_theorem(), 2)
    with pytest.raises(TypeError, match="made by the rules"):
        constructor(*arguments)


def test_setstate_makes_nothing():
    made = object.__new__(Theorem)
    if hasattr(made, "__setstate__"):
        with pytest.raises(TypeError):
            made.__setstate__({})
    assert not is_theorem(made)


@pytest.mark.parametrize("missing", FIELDS)
def test_an_empty_shell_is_no_theorem(missing):
    fields = {"claim": FALSE, "conditions": (), "rule": "normal form", "premises": (), "evidence": None}
    del fields[missing]
    made = forged(**fields)
    assert not is_theorem(made)
    with pytest.raises(KernelError, match="not a theorem"):
        made.recheck()
    with pytest.raises(KernelError, match="not a theorem"):
        by_transitivity(made)


FORGED = {
    "a false equation": lambda: complete(FALSE),
    "a rule that there is not": lambda: complete(FALSE, rule="because I say so"),
    "an inequality by normal form": lambda: complete(x <= y),
    "a certificate that is not the difference": lambda: complete(x <= x + y, "certificate", evidence=y**2),
    "a certificate that is not nonnegative": lambda: complete(x <= x + y, "certificate", evidence=y),
    "a certificate that is no term": lambda: complete(x <= y, "certificate", evidence="yes"),
    "a chain without links": lambda: complete(FALSE, "transitivity"),
    "a chain on itself": lambda: complete(FALSE, "transitivity", premises=(complete(FALSE),)),
    "a chain that ends elsewhere": lambda: complete(FALSE, "transitivity", premises=(true_theorem(),)),
    "premises that are not theorems": lambda: complete(FALSE, "transitivity", premises=(FALSE,)),
    "a claim that is no claim": lambda: complete("x = y"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_theorem_is_found(name):
    made = FORGED[name]()
    assert not is_theorem(made)
    with pytest.raises(KernelError):
        made.recheck()
    with pytest.raises(KernelError, match="premise is not a theorem"):
        by_transitivity(made)


def test_a_true_claim_forged_is_still_no_premise():
    made = complete(Eq(x, x))
    made.recheck()
    with pytest.raises(KernelError, match="premise is not a theorem"):
        by_transitivity(made)


def test_a_cycle_of_premises_ends():
    made = forged(claim=FALSE, conditions=(), rule="transitivity", evidence=None)
    object.__setattr__(made, "premises", (made,))
    with pytest.raises(KernelError):
        made.recheck()


def test_conditions_cannot_be_dropped_by_hand():
    theorem = prove(Eq(x / x, 1))
    assert theorem.conditions
    with pytest.raises(KernelError, match="other conditions"):
        complete(theorem.claim).recheck()


ALTERED = {
    "claim": FALSE,
    "conditions": (),
    "rule": "certificate",
    "premises": (),
    "evidence": x,
}


@pytest.mark.parametrize("name", FIELDS)
def test_an_altered_theorem_is_no_premise(name):
    theorem = by_transitivity(prove(Eq(x / x, y / y)), prove(Eq(y / y, 1)))
    object.__setattr__(theorem, name, ALTERED[name])
    assert not is_theorem(theorem)
    with pytest.raises(KernelError, match="premise is not a theorem"):
        by_transitivity(theorem)
    with pytest.raises(KernelError):
        theorem.recheck()


def test_an_altered_premise_is_found_by_recheck():
    premise = true_theorem()
    theorem = by_transitivity(premise)
    object.__setattr__(premise, "claim", FALSE)
    with pytest.raises(KernelError):
        theorem.recheck()


def test_a_class_assignment_makes_nothing():
    class Lookalike:
        __slots__ = ("__weakref__", *FIELDS)

    made = Lookalike()
    for name, value in zip(FIELDS, (FALSE, (), "normal form", (), None), strict=True):
        setattr(made, name, value)
    try:
        made.__class__ = Theorem
    except TypeError:
        return
    assert not is_theorem(made)
    with pytest.raises(KernelError):
        made.recheck()


@pytest.mark.parametrize("value", [None, 1, "x = y", FALSE, x, (), object()])
def test_other_values_are_no_theorems(value):
    assert not is_theorem(value)
    with pytest.raises(KernelError, match="premise is not a theorem"):
        by_transitivity(value)
    with pytest.raises((KernelError, AttributeError)):
        Theorem.recheck(value)


@pytest.mark.parametrize("rule", [by_normal_form, lambda claim: by_certificate(claim, Number(0))])
def test_a_subclass_of_claim_is_refused(rule):
    class Sneaky(Claim):
        pass

    with pytest.raises(KernelError):
        rule(Sneaky(x, "=", x))


def test_a_claim_has_no_truth_value():
    with pytest.raises(ValueError, match="neither true nor false"):
        bool(FALSE)


SCRIPT = """
from derive import Eq, Scalar, Theorem, by_certificate, by_normal_form, by_transitivity, decide, KernelError
from derive.language import Number
if __debug__:
    raise SystemExit("this is not python -O")
x, y = Scalar("x"), Scalar("y")
refused = 0
forged = object.__new__(Theorem)
for name, value in dict(claim=Eq(x, y), conditions=(), rule="normal form", premises=(), evidence=None).items():
    object.__setattr__(forged, name, value)
class Anything:
    def __init__(self, attempt): self.attempt = attempt
for attempt in (
    lambda: Theorem(Eq(x, y)),
    lambda: by_normal_form(Eq(x, y)),
    lambda: by_certificate(x <= y, y - x),
    lambda: by_certificate(x < x, Number(0)),
    lambda: by_transitivity(forged),
    lambda: forged.recheck(),
    lambda: setattr(by_normal_form(Eq(x, x)), "claim", Eq(x, y)),
    lambda: by_transitivity(by_normal_form(Eq(x, x)), by_normal_form(Eq(y, y))),
):
    try:
        attempt()
    except (TypeError, AttributeError, KernelError):
        refused += 1
print(refused, decide(Eq(x, y)).verdict, decide(Eq(x, x)).verdict)
"""


def test_under_python_O():
    done = subprocess.run(
        [sys.executable, "-O", "-c", SCRIPT], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.stdout.split() == ["8", "refuted", "proved"], done.stderr
