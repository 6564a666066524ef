"""Models that people train: factories of small ones, with random weights, and faults planted in one of their layers."""
