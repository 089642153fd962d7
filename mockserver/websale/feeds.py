"""Know what a data feed is: its defaults, what may be written to it, and where its files lie (S3).

What a schema can say of a feed is checked before any of this, by the specification. Left are the characters of file
names, what refers to other records, and what depends on several fields, or on other feeds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mockserver.contract import Rule
from mockserver.records import Record, Records
from mockserver.websale.packing import EXTENSIONS
from mockserver.websale.storefront import Storefront

SERVICE = "dataFeed"
TEMPLATES = "dataFeedTemplate"

STATE = ("exportStatus", "lastExportStarted", "lastExportFinished")
IGNORED = frozenset(("createdAt", "updatedAt", *STATE))
"""Fields that may be sent, and are ignored (DF-POST-ignored, DF-PUT-ignored)."""
HEADER: Record = {"key": "", "value": ""}
DEFAULTS: Record = {
    "active": False,
    "exportPlanOptions": {"exportAfterImport": False, "exportPlan": []},
    "exportStatus": "idle",
    "externalOutputTarget": {
        "host": "",
        "password": "",
        "port": 21,
        "remotePath": "",
        "type": "none",
        "user": "",
    },
    "fileName": "",
    "lastExportFinished": "",
    "lastExportStarted": "",
    "name": "",
    "options": {
        "exportCharset": "utf-8",
        "webhookTrigger": "",
        "webhookTriggerOptions": {"headerParams": [], "type": ""},
        "zipType": "none",
    },
    "saveTarget": "contentData",
    "subshopIds": [],
    "targetDirectory": "",
    "templateId": 0,
}
"""A feed of which nothing was said: no field is mandatory, since no rule says that one is missing."""

CHARACTERS = {"/": "slash", "\\": "backslash", ":": "colon"}
SEPARATOR = re.compile(r"[/\\]")
ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")


def merge(feed: Record, body: Mapping[str, Any]) -> Record:
    """Return the feed with what the body says; nested objects are merged by key, lists replaced."""
    sent = {name: value for name, value in body.items() if name not in IGNORED}
    merged = _merge(_merge(DEFAULTS, feed), sent)
    webhook, target = merged["options"]["webhookTriggerOptions"], merged["externalOutputTarget"]
    clean: Record = {
        "externalOutputTarget": {"port": int(target["port"])},
        "options": {
            "webhookTriggerOptions": {"headerParams": [HEADER | one for one in webhook["headerParams"]]}
        },
    }
    return _merge(merged, clean)


def _merge(old: Record, new: Mapping[str, Any]) -> Record:
    merged = dict(old)
    for name, value in new.items():
        merged[name] = _merge(old.get(name, {}), value) if isinstance(value, dict) else value
    return merged


class Refusals:
    """The rules by which one operation refuses a feed.

    :param value: the rule for values, whose cell of the document is lost.
    """

    def __init__(self, operation: str, value: str) -> None:
        self.combination = f"{operation}-400-combination"
        self.characters = f"{operation}-400-chars"
        self.conflict = f"{operation}-409"
        self.value = value


def check(body: Mapping[str, Any], feed: Record, shop: Storefront, records: Records, rules: Refusals) -> None:
    """Check what was sent, and the feed that it makes, in the order of the document's table.

    :raises Rule: for the first rule that is broken.
    """
    if feed["active"] and feed["templateId"] == 0:
        explain = "active is true and templateId is 0; send the id of a template too."
        raise Rule(rules.combination, field="templateId", explain=explain)
    for field, explain in _bad_values(body, shop, records):
        raise Rule(rules.value, field=field, explain=explain)
    for character, name in CHARACTERS.items():
        if character in body.get("fileName", ""):
            explain = f"fileName is {body['fileName']!r}, which has the character {character}."
            raise Rule(f"{rules.characters}-{name}", field="fileName", explain=explain)


def bad_fields(record: Mapping[str, Any], shop: Storefront) -> Iterator[str]:
    """Yield the fields of an imported feed from which no path of a file can be made.

    Whether there is its template, and whether another feed writes the same file, is not checked on import.
    """
    if any(character in record.get("fileName", "") for character in CHARACTERS):
        yield "fileName"
    for field, _ in _bad_places(record, shop):
        yield field


def _bad_values(body: Mapping[str, Any], shop: Storefront, records: Records) -> Iterator[tuple[str, str]]:
    """Yield field and explanation of each value that no schema can refuse."""
    template = body.get("templateId", 0)
    if template != 0 and records.find(TEMPLATES, template) is None:
        yield "templateId", f"There is no template {template}."
    yield from _bad_places(body, shop)


def _bad_places(body: Mapping[str, Any], shop: Storefront) -> Iterator[tuple[str, str]]:
    """Yield what the path of a file cannot be made from, but for the characters of its name."""
    if body.get("fileName") in (".", ".."):
        yield "fileName", f"fileName is {body['fileName']!r}, which is a directory."
    if "targetDirectory" in body and directory_of(body["targetDirectory"]) is None:
        explain = "is absolute, or leads out of the place where feeds are stored."
        yield "targetDirectory", f"targetDirectory {body['targetDirectory']!r} {explain}"
    for place, subshop in enumerate(body.get("subshopIds", ())):
        if subshop not in shop.subshops:
            known = ", ".join(shop.subshops)
            yield f"subshopIds[{place}]", f"The shop has no subshop {subshop!r}; it has {known}."


def directory_of(text: str) -> str | None:
    """Return a target directory without detours; ``None`` for one that is absolute or climbs."""
    if ABSOLUTE.match(text):
        return None
    steps: list[str] = []
    for step in SEPARATOR.split(text):
        if step == "..":
            if not steps:
                return None
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


def subshops_of(feed: Record, shop: Storefront) -> tuple[str, ...]:
    """Return the subshops that the feed is built for; none given means all."""
    return tuple(dict.fromkeys(feed["subshopIds"])) or tuple(shop.subshops)


def stored_name(feed: Record) -> str:
    """Return the name of the feed's file, with the extension of its compression."""
    return str(feed["fileName"]) + EXTENSIONS[feed["options"]["zipType"]]


def file_path(feed: Record, subshop: str) -> str:
    """Return the relative path of a file: ``[targetDirectory/]<subshopId>/<fileName>[.zip|.gz]``."""
    directory = directory_of(feed["targetDirectory"]) or ""
    return "/".join(part for part in (directory, subshop, stored_name(feed)) if part)


def target_of(feed: Record) -> tuple[str, str, str, frozenset[str]]:
    """Return what no two feeds may share: storage, directory and file name, for one and the same subshop."""
    directory = directory_of(feed["targetDirectory"]) or ""
    return feed["saveTarget"], directory, feed["fileName"], frozenset(feed["subshopIds"])


def find_conflict(feed: Record, others: Iterable[Record]) -> Record | None:
    """Return another feed that writes the same file; one without a file name is in nobody's way."""
    if not feed["fileName"]:
        return None
    *place, subshops = target_of(feed)
    for other in others:
        if other["fileName"] != feed["fileName"] or other["id"] == feed.get("id"):
            continue
        *others_place, others_subshops = target_of(other)
        overlap = not subshops or not others_subshops or subshops & others_subshops
        if place == others_place and overlap:
            return other
    return None
