"""SEPA direct debits, as a shop's bank has them.

    new_iban()   an account of Spain that nobody has"""

from support.bank_file import new_account as new_iban

__all__ = ["new_iban"]
