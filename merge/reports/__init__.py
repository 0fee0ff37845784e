"""Reports: check, proof, report and doctor, gathered from a plan or a journal and shown to people.

Add a page to `html/`, which turns gathered values into HTML and reads no files.
"""
