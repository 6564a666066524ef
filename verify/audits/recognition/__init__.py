"""Modules that compute a normalization from other operations: which one, and whether their siblings do."""
