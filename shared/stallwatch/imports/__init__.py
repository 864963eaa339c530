"""Orders from outside: files, mails and pasted text as rows, merged with what is stored, and back.

Pure functions over bytes and plain values.

May import domain.
"""
