"""The normal form: a term to a canonical polynomial, and equality.  [trusted]"""

from derive.normal_form.factors import OutsideFragment
from derive.normal_form.reduce import Reducer
from derive.normal_form.ring import Undefined

__all__ = ["OutsideFragment", "Reducer", "Undefined"]
