"""Errata: the formulas of Santurkar et al. 2018 in the wording that circulates, each with its verdict.

Nothing here stores a verdict. An entry is a claim; whether it is true is asked when somebody wants to know.
"""

from derive.errata.entry import Erratum, all_errata

__all__ = ["Erratum", "all_errata"]
