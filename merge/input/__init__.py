"""Input: a workbook or CSV file becomes a worksheet with identified rows, and a template file is bound to it.

Add an input format next to `csv/` and to `open_sheet`, another way to recognize rows to `row_identity`.
"""
