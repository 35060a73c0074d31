"""The quick way from the text of a record to facts, for records in which nothing is unusual.

A portfolio holds records by the hundred thousand, and nearly all of them are *plain*: no amendments, nothing
misspelt, nothing in doubt. These need no tree of places, no worlds and no sentences about what is wrong. Whatever is
not plain is not read here at all: the caller then takes the full way (`parse`, `read_record`, `deal`), which also
says exactly what is wrong. So this module may refuse what it likes, and must never read anything otherwise than the
full way would.

The shapes are made from the same kinds of clause as the models, once, as structs of msgspec: it checks the keys, the
choices and the shapes. What is left to check here is what ties one part of a record to another, and the values.
Values repeat without end in a portfolio, so each text is read once and remembered.
"""

from clauses.terms.plain.facts import PlainDeal, PlainReader

__all__ = ["PlainDeal", "PlainReader"]
