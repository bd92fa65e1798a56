"""`python -m ownhand` is the command line."""

from ownhand.cli import main

main()
