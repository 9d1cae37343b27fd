r"""What may be the name of a user, wherever it comes from.

    is_user_name("DOMAIN\amy.o'neil@example.nhs.uk")

A name ends up in audit logs and on a page: so it is short, one line, and has nothing invisible.
"""

from __future__ import annotations

import unicodedata

LONGEST = 200  #: characters


def is_user_name(text: str) -> bool:
    """Whether ``text`` is printable, not empty, not long, and without spaces around it."""
    return 0 < len(text) <= LONGEST and text.isprintable() and text == text.strip()


def normal(text: str) -> str:
    """One spelling for what looks the same (NFC), as RFC 8265 asks of names and passwords."""
    return unicodedata.normalize("NFC", text)
