"""Write amounts, instants and slugs: the few functions that compiled recipes call."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime

__all__ = ["DAYS", "MINUTES", "SECONDS", "SLUGS", "cents", "instant", "money"]

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class _Days(dict[int, str]):
    """Map days since 1970 to ISO dates; each is written once."""

    def __missing__(self, day: int) -> str:
        text = date.fromordinal(EPOCH_ORDINAL + day).isoformat()
        self[day] = text
        return text


class _Slugs(dict[str, str]):
    """Map texts to slugs; texts come from vocabularies, so there are few."""

    def __missing__(self, text: str) -> str:
        ascii_text = "".join(
            {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}.get(char, char) for char in text.lower()
        )
        decomposed = unicodedata.normalize("NFKD", ascii_text)
        slug = "".join(char for char in decomposed if char.isascii() and char.isalnum())
        self[text] = slug
        return slug


DAYS = _Days()
SLUGS = _Slugs()
MINUTES = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440))
SECONDS = tuple(f"{second:02d}" for second in range(60))


def money(amount: int) -> str:
    """Write cents with six decimal places, as the documents do: 8990 is "89.900000"."""
    return f"{amount // 100}.{amount % 100:02d}0000"


def cents(text: str) -> int:
    """Read what `money` writes."""
    whole, _, fraction = text.partition(".")
    return int(whole) * 100 + int(fraction[:2].ljust(2, "0"))


def millis(at: int) -> str:
    """Write an instant as `2025-02-04T15:05:24.000Z`."""
    second = at % 86400
    return f"{DAYS[at // 86400]}T{MINUTES[second // 60]}{SECONDS[second % 60]}.000Z"


def seconds(at: int) -> str:
    """Write an instant as `2025-02-04T15:05:24Z`."""
    second = at % 86400
    return f"{DAYS[at // 86400]}T{MINUTES[second // 60]}{SECONDS[second % 60]}Z"


def sql(at: int) -> str:
    """Write an instant as `2025-02-04 15:05:24`."""
    second = at % 86400
    return f"{DAYS[at // 86400]} {MINUTES[second // 60]}{SECONDS[second % 60]}"


def instant(text: str) -> int:
    """Read a written instant; one without a zone means UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = datetime.fromisoformat(f"{text}+00:00")
    return int(moment.timestamp())
