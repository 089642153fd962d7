"""What is in a world: the records of its shop, and the files that its feeds have written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mockserver.testing.models import BuiltFile, RecordService, read
from mockserver.testing.resources import Resource

PAGE = 300
"""As many records as a page has at most."""


class Records(Resource):
    """The records of a world's shop as they are now, imports and changes included."""

    def services(self) -> Sequence[RecordService]:
        """Return the services with the number of their records."""
        return [read(RecordService, document) for document in self._call("GET", "/records")["services"]]

    def list(
        self,
        service: str,
        *,
        search: str | None = None,
        sort: str | None = None,
        filters: Mapping[str, Any] | None = None,
        limit: int = PAGE,
    ) -> Sequence[dict[str, Any]]:
        """Return a service's records; without ``sort`` in the order in which exports write them.

        :param search: only those with this text in one of their values.
        :param sort: such as ``createdAt:desc``.
        :param filters: as the vendor's lists take them, such as ``{"filter_gte[createdAt]": "2026-01-01"}``.
        :param limit: the first ones of so many.
        :raises Refused: with ``MOCK-404-service`` or ``MOCK-400-parameter``, which list what there is.
        """
        found: list[dict[str, Any]] = []
        token = "0"
        while token and len(found) < limit:
            query = {"size": min(limit, PAGE), "pageToken": token, "search": search, "sort": sort}
            page = self._call("GET", f"/records/{quote(service, safe='')}", None, **query, **(filters or {}))
            found += page["items"]
            token = page["nextPageToken"]
        return found[:limit]

    def get(self, service: str, key: str | int) -> dict[str, Any]:
        """Return one record by the value of the service's key.

        :raises Refused: with ``MOCK-404-record`` when there is none.
        """
        record: dict[str, Any] = self._call(
            "GET", f"/records/{quote(service, safe='')}/{quote(str(key), safe='')}"
        )
        return record


class Files(Resource):
    """The files that the builds of a world's feeds have written. Iterating gives them."""

    def __iter__(self) -> Iterator[BuiltFile]:
        return iter(self.list())

    def __len__(self) -> int:
        return len(self.list())

    def list(self) -> Sequence[BuiltFile]:
        """Return the files, those too that the public cannot reach."""
        return [read(BuiltFile, document) for document in self._call("GET", "/files")["files"]]

    def read(self, file: BuiltFile) -> bytes:
        """Return what is in a file; this is no call of the vendor's, and no fault meets it.

        :raises Refused: with ``MOCK-404-file`` when it is not there any more.
        """
        place = "/".join(quote(part, safe="") for part in (file.feed, file.subshop, file.name))
        return self._transport.fetch(f"/files/{place}", self._world)
