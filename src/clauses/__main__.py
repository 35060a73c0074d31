"""`python -m clauses` is the command line."""

from clauses.cli import main

main()
