"""`python -m gateway`: the commands, where the package is not installed as `gateway`."""

from gateway.cli import main

main()
