"""A run: from a plan to results in the workbook, with the journal as the authority.

`session.py` holds the lock and writes back, `runner.py` drives the work: `submit.py` sends each row exactly
once, `follow.py` polls, `unconfirmed.py` recovers lost responses. Commands without a template: `collect.py`.
"""
