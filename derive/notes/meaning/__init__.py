"""From what is written to what is meant: names, indices, sizes, definitions, derivatives."""
