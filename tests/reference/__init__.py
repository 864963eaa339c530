"""Reference model of the rules, second edition, written from their text alone.

Nothing is shared with the product. Slow and plain on purpose: each function restates a sentence of
the text, which its docstring quotes. `model` has the plain values, `codes` and `stage` what the
checkpoints say, `view` an order at an instant, `ladder`, `notices` and `dates` what is due and
shown, `evaluate` an evaluation and the search for the first instant at which one speaks, `world` an
order that lives, `cases` the given cases, and `journeys` random ones for a comparison.
"""
