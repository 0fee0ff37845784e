"""The filter `spoken`: numbers, money, dates, times, telephone numbers, codes and initials in words.

Add a kind of value in `kinds.py` and `speak.py`, and a language in `numbers.py`, `money.py` and `dates.py`.
"""
