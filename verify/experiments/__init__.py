"""Measurements on networks that are trained or drawn at random, and what they say of theorems and claims."""
