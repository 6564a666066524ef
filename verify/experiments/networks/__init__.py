"""Small networks to measure, with the normalization to be chosen."""
