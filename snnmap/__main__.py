"""`python -m snnmap`."""

from snnmap.cli import main

main()
