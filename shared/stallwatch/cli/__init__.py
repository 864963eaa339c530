"""The command line `stallwatch`: a client of the HTTP API, and a poll from one's own machine.

What speaks to AWS is imported only by the commands that need it.

May import domain, dynamodb, aws and wiring.
"""
