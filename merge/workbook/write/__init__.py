"""Write result columns into a workbook: scan the sheet, plan, patch and compare, verify, replace.

A new kind of value goes into `cell_xml.py`, a new cell format into `styles.py`, something that must not be
overwritten into `free_columns.py`, a part or a sheet element to change into `changed_parts.py` or
`sheet_frame.py`. Permitted differences in the sheet are listed in `compare_sheet.py`, in other parts in
`verify.py`. It begins in `write_columns.py`.
"""
