"""Video services, downloads, webhooks and the system's keyring: everything that goes over the network.

A vendor is a folder whose client implements `protocol.VideoService`, plus a line in `merge/connect.py`.
`simulator/` replaces AI Studios in practice runs and tests.
"""
