"""Word documents: the memo, the redline, and a term sheet as a form that is read back."""

MAXIMUM_FILE = 20 * 1024 * 1024
"""How many bytes a Word document has at most to be read."""
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_word(data: bytes) -> bool:
    """Whether a file begins as a Word document does, whatever it is called: as a zip, or as old Word."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06", OLD_WORD))
