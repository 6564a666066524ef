"""Theorems on real tensors: at every point both sides, by autograd and as compiled, under a derived bound."""
