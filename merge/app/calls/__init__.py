"""The calls of the page, with a module for each subject; `asked` has what all of them share."""
