"""What normalization does to training: noise, depth, statistics kept over many batches."""
