"""A stack as it was before the first release, and what this version reads in it."""
