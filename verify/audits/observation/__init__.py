"""Sees what a model executes, and what passes through it."""
