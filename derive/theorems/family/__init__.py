"""The relatives of batch normalization: the same facts for each layer, with its own constants."""
