"""Helpers of the flow tests; tests/flows/conftest.py makes fixtures of them."""
