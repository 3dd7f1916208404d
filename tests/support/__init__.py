"""Helpers of the tests through the API; tests/conftest.py makes fixtures of them."""
