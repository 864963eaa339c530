"""The command line `stallwatch`: a client of the HTTP API, and a poll from one's own machine.

It may import the standard library, Typer, rich, keyring, requests and the pure modules of
`stallwatch`; what speaks to AWS is imported by the commands that need it, and `api` never.
"""
