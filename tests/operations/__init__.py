"""What operators do to a running Cuotas: see README.md."""
