"""Assertions for other people's layers: their output and derivatives against the proved ones."""
