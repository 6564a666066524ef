"""What README's figures were measured with: `python -m benchmarks`."""
