"""The statements about a batch, evaluated on a batch that is split."""
