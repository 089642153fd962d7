"""Sign links to files, so that a link is the whole permission, for ten minutes (FOXY-LINK-600)."""

from __future__ import annotations

import hmac
from hashlib import sha256
from urllib.parse import urlencode

from mockserver.foxy.conventions import DOWNLOAD_PATH, LINK_SECONDS
from mockserver.simulation.clock import SECOND


class LinkError(Exception):
    """Raised for a link that is no good; the message says why."""


class Signer:
    """Make and check the links of one world.

    A link names its report, since two reports can be ready in the same millisecond, and the tick at which it
    ends. Links of another seed or world are no good.
    """

    def __init__(self, seed: int, world: str) -> None:
        self._key = sha256(f"foxy\x1f{seed}\x1f{world}".encode()).digest()

    def link(self, folder: str, file: str, report: int, now: int) -> str:
        """Return path and query of a link that is good until 600 seconds after ``now``."""
        path = DOWNLOAD_PATH.format(folder=folder, file=file)
        expires = now + LINK_SECONDS * SECOND
        fields = {
            "report": report,
            "expires": expires,
            "signature": self._sign(path, str(report), str(expires)),
        }
        return f"{path}?{urlencode(fields)}"

    def check(self, folder: str, file: str, fields: dict[str, str], now: int) -> int:
        """Return the id of the report that a link leads to.

        :raises LinkError: the link is unsigned, was altered, or has run out.
        """
        path = DOWNLOAD_PATH.format(folder=folder, file=file)
        report, expires, signature = (fields.get(name, "") for name in ("report", "expires", "signature"))
        if not signature:
            raise LinkError("The link is not signed; follow fx:download_url of a report.")
        if not hmac.compare_digest(signature.encode(), self._sign(path, report, expires).encode()):
            raise LinkError("The link's signature does not fit; it was altered, or made in another world.")
        late = (now - int(expires)) / SECOND
        if late >= 0:
            raise LinkError(
                f"The link ran out {late:g} seconds ago; GET the report or the collection for a new one."
            )
        return int(report)

    def _sign(self, path: str, report: str, expires: str) -> str:
        return hmac.new(self._key, f"{path}\n{report}\n{expires}".encode(), sha256).hexdigest()
