"""See README.md in tests/."""
