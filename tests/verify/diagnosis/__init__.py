"""Tests of the diagnosis: from wrong numbers to the sentence that says what is wrong."""
