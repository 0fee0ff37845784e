"""The workbook: its package, its values, and the patch that puts results beside the rows."""
