"""A workbook's zip package: opening it safely, finding and reading its parts, copying it byte for byte.

Add a file format that is recognized but not read in `container.py`.
"""
