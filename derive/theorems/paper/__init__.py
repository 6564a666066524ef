"""What the paper states of batch normalization: Santurkar et al. 2018, and the facts that it rests on."""
