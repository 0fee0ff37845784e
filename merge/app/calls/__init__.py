"""The calls of the page, a module for each subject; `asked` is the frame of them all."""
