"""Samples beside what is expected of them: verdicts and sentences."""
