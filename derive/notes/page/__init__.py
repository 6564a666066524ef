"""A note as one HTML page: what it says, its formulas typeset, and beside each displayed one its verdict."""
