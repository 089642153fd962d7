"""What no document of Foxy's settles, one named constant a choice.

The number before each is the gap's, as the rule catalogue and ``docs/fidelity.md`` cite it. A later finding
changes one line here.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

REPORT_PATH = "/report/{id}"
"""G-2: links use the singular path of the documented example; ``/reports/{id}`` answers too."""

REPORTS_TITLE = "Reports for This Store"
"""G-3: title of a store's ``fx:reports`` link."""

CREATED_MESSAGE = "report {id} created successfully."
"""G-4: clients rely on "created successfully" alone."""

TRANSACTIONS_NAME = True
"""Accept the report name ``transactions``, which is newer than the documentation."""

TOKEN_USER_IS_REPORT_USER = True
"""G-7: ``fx:user`` of a report is the user of the token that created it; a client's own token has none,
and then it is the store's owner."""

LINK_HEADER_HAS_DOWNLOAD = False
"""G-10: ``Link`` headers leave the download link out, so that HEAD sends GET's headers and mints no link."""

NOT_MODIFIED_WITH_DOWNLOAD = False
"""G-9: answer 304 to a representation with a download link. The ETag never depends on that link."""

VERSION_HEADER = "foxy-api-version"
API_VERSION = "1"
"""G-13: the only value of ``FOXY-API-VERSION`` that is accepted."""

DEFAULT_LIMIT = 20
MAX_LIMIT = 300
"""G-22: a larger limit is cut to the maximum; one that is not positive, or no number, is the default."""

DEFAULT_ORDER = "id"
"""G-25: order of a collection whose request names none, ascending."""

HIDDEN_PROPERTIES = ("id",)
"""G-26: properties that can be ordered and filtered by although no representation shows them."""

TEXT_IGNORES_CASE = True
"""G-27: filters compare text as MySQL's default collation does."""

ZOOMABLE = ("user",)
"""G-28: relations that ``zoom`` embeds; others are ignored."""

API_ZONE = ZoneInfo("America/Los_Angeles")
"""G-34: zone of ``date_created``, ``date_modified`` and ``Last-Modified``, whatever the store's zone is."""

LAST_MODIFIED_FORMAT = "{weekday}, {day} {month} {year} {time} {offset}"
"""G-38: ``Fri, 2 Sep 2016 12:00:00 -0700``, as the documents show it, though RFC 9110 wants GMT."""

DOWNLOAD_PATH = "/downloads/{folder}/{file}"
"""G-35: where this server keeps the files that Foxy keeps on another host."""

LIFETIME_WITHIN_PERIOD = True
"""G-35: a customer's lifetime value is the sum of the reporting period, not of all before its end."""

LINK_SECONDS = 600
"""Foxy says: "This link will only work for 10 minutes"; good while less than that has passed."""

ACCESS_SECONDS = 7_200
REFRESH_SECONDS = 315_360_000
"""How long tokens live."""
