"""What the page of a service's records shows of them: which columns, which filters, what they refer to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote as shell_quote
from typing import Any
from urllib.parse import quote

Record = Mapping[str, Any]

OPERATORS = {
    "eq": "is",
    "neq": "is not",
    "like": "contains",
    "gte": "at least",
    "gt": "more than",
    "lte": "at most",
    "lt": "less than",
    "in": "is one of",
    "notIn": "is none of",
}
"""The operators of the vendor's filters, and how they are read."""

AMOUNTS = ("total", "amount", "price", "value")
"""Names of properties that hold amounts of money, which the shop keeps as text."""

COLUMNS: Sequence[tuple[int, Sequence[str]]] = (
    (3, ("name", "displayName", "subject", "productName", "metaTitle", "userName", "email", "itemNumber",
         "lastName", "firstName", "orderId", "resourceId", "fileName", "inquiryConfigId", "emailAddress")),
    (2, ("exportStatus", "paymentStatus", "processingStatus", "active", "mainSubshop", "subshopId")),
    (1, AMOUNTS),
    (2, ("stock", "reserved", "points", "codeLength")),
    (2, ("createdAt", "lastExportFinished", "validUntil", "updatedAt")),
)  # fmt: skip
"""Names of properties that make good columns: names, states, amounts, times; how many of each, the best first."""

NESTED = 2
"""How many of them may be properties of nested objects, which say less of the record."""

FEWEST = 5
"""Columns of a service whose fields have other names: the first ones then."""

REFERENCES: Mapping[str, Mapping[str, str]] = {
    "category": {"parentId": "category"},
    "dataFeed": {"templateId": "dataFeedTemplate"},
    "inventory": {"productId": "product"},
    "order": {"data.customer.accountId": "customerAccount", "data.items.productId": "product"},
    "product": {"categoryIds": "category"},
    "productRating": {
        "accountId": "customerAccount",
        "categoryId": "category",
        "orderId": "order",
        "productId": "product",
    },
    "transaction": {"accountId": "customerAccount", "orderId": "order"},
    "voucher": {"templateId": "voucherTemplate", "validCustomers.id": "customerAccount"},
    "voucherTemplate": {"presetId": "voucherPreset"},
}
"""The properties of a service's records that hold keys of another service's; lists on the way are gone through."""

FILTER = re.compile(r"filter(?:_(?P<operator>[^\[\]]*))?\[(?P<field>[^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one field, in the notation of the vendor's lists and exports."""

    field: str
    operator: str
    value: str

    @property
    def parameter(self) -> str:
        """Its name in a query: ``filter_gte[createdAt]``."""
        suffix = "" if self.operator == "eq" else f"_{self.operator}"
        return f"filter{suffix}[{self.field}]"


def read_filters(query: Iterable[tuple[str, str]]) -> list[Filter]:
    """Return the filters of a query."""
    return [
        Filter(match["field"], match["operator"] or "eq", value)
        for name, value in query
        if (match := FILTER.fullmatch(name))
    ]


def asked_filters(fields: Sequence[str], operators: Sequence[str], values: Sequence[str]) -> list[Filter]:
    """Return the filters that a form asks for; a row without a field asks for nothing."""
    rows = zip(fields, operators, values, strict=False)
    return [Filter(*(part.strip() for part in row)) for row in rows if row[0]]


def write_query(parameters: Sequence[tuple[str, str]]) -> str:
    """Write a query string for people: only what has to be encoded is."""
    return "&".join(f"{quote(name, safe='[]_.')}={quote(value, safe=':,@')}" for name, value in parameters)


def write_curl(method: str, url: str, header: str) -> str:
    """Write a call for a shell; ``-g`` because curl takes brackets for patterns of its own."""
    words = ["curl -s"]
    if "[" in url:
        words.append("-g")
    if method != "GET":
        words += ["-X", method]
    return " ".join([*words, shell_quote(url), "\\\n  -H", shell_quote(header)])


def choose_columns(service: Record, asked: Sequence[str] = ()) -> list[str]:
    """Return the fields that a table shows: the key, some that say the most, and those that are asked about."""
    paths = [field["path"] for field in service["fields"]]
    own = f"{service['name']}{service['key'].capitalize()}"  # the key by another name
    chosen: list[str] = [service["key"]]
    for most, names in COLUMNS:
        fitting = sorted(
            (names.index(leaf), path.count("."), path)
            for path in paths
            if (leaf := path.rpartition(".")[2]) in names and leaf != own
        )
        best: dict[str, str] = {}
        for place, _, path in fitting:
            best.setdefault(names[place], path)
        nested = [path for path in best.values() if "." in path][NESTED:]
        chosen += [path for path in best.values() if path not in nested][:most]
    chosen += [path for path in paths if path not in chosen][: max(0, FEWEST - len(chosen))]
    return chosen + [path for path in dict.fromkeys(asked) if path in paths and path not in chosen]


def label_columns(paths: Sequence[str]) -> dict[str, str]:
    """Return how the columns are called: by the last step of their path, where that is enough to tell them apart."""
    leaves = {path: path.rpartition(".")[2] for path in paths}
    count = Counter(leaves.values())
    return {path: leaf if count[leaf] == 1 else path for path, leaf in leaves.items()}


def is_amount(path: str, kind: str) -> bool:
    """Tell whether the values of a field are something to be compared by size."""
    return kind in ("integer", "number") or path.rpartition(".")[2] in AMOUNTS


def referring(service: str) -> Iterator[tuple[str, str]]:
    """Yield the services whose records hold keys of this one's, and the field in which they do."""
    for other, references in REFERENCES.items():
        for path, target in references.items():
            if target == service:
                yield other, path
