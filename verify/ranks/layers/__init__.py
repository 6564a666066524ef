"""Somebody's synchronized layer against the proved forms on the whole batch."""
