"""Statistics across ranks: one batch split over processes, and whether a layer normalizes all of it."""
