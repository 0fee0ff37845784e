"""`python -m merge` is `castmerge`."""

from merge.cli import main

if __name__ == "__main__":
    main()
