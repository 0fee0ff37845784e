"""Download finished videos (`downloader`), and check whether links can be opened (`url_check`).

Both use the client of `client.py`, which sends nothing of the user's.
"""
