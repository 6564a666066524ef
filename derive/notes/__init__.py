"""Notes and papers: finds their formulas, and says of each whether it is true."""
