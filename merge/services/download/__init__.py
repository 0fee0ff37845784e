"""Download finished videos (`downloader`), and check whether links can be opened (`url_check`).

Both use the client in `client.py`, which sends no user data.
"""
