"""The symbols of arithmetic questions and their tokens."""

SYMBOLS = "0123456789+-=*\\"
"""A symbol's place is its token: digits are their own, ``+`` is 10, ``-`` 11, ``=`` 12, ``*`` 13, a backslash 14."""

PLUS = 10
MINUS = 11
EQUALS = 12

MAX_DIGITS = 20
"""The most digits that a question's numbers have."""
