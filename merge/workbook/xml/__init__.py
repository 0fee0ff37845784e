"""XML of workbook parts: parsed safely, edited by its bytes, and worksheets as a stream of rows.

Nothing here uses files or packages.
"""
