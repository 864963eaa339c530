"""A mailbox read for AliExpress's mails: which mails, what they told, and how far it was read.

Pure: the mailbox itself, what is kept and the import of orders are ports.

May import domain and imports.
"""
