"""The path of a row: planned, submitted, followed, written back."""
