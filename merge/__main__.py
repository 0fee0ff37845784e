"""`python -m merge` runs the `castmerge` command."""

from merge.cli import main

if __name__ == "__main__":
    main()
