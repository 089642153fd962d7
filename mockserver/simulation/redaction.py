"""Take secrets out of what people are shown: credentials, cookies, passwords, tokens, keys, signed links.

A secret is known by the name that it stands under, in a header, a query string, a form, JSON, XML, CSV, or a part
of a path that follows such a name. What stood there is looked for in the rest of the same call too, so that a token
does not come back in an explanation. Names of secrets stay: that a password was sent is no secret.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, unquote_plus

REDACTED = "[redacted]"

#: A secret of fewer characters is not looked for outside its place: ``admin`` is a word, too.
TELLING = 8

_NAME = re.compile(
    r"authorization|password|passwd|passphrase|pwd|secret|credential|signature|apikey|accesskey|privatekey"
    r"|sessionid|(?<!page)token$|^(?:otok|sig|jwt|pass|sid)$"
)
_OTHER = re.compile(r"[^a-z0-9]")

_JSON_PAIR = re.compile(r'("(?P<name>[^"\\]{1,99})"\s*:\s*)(?P<value>"(?:[^"\\]|\\.)*"?|[-+.\deE]+)')
_PAIR = re.compile(
    r"(?:^|(?<=[&?;\s\"'(,])|(?<=\\u0026))(?P<name>[\w.%\[\]-]{1,99})=(?P<value>[^&\s\"'<>;\\]+)",
    re.MULTILINE,
)
_ATTRIBUTE = re.compile(r"(?P<name>[\w.:-]{1,99})(?P<sign>\s*=\s*)(?P<quote>[\"'])(?P<value>[^\"'<>]+)")
_ELEMENT = re.compile(
    r"<(?P<name>[\w.:-]{1,99})(?P<rest>[^<>]*)>(?P<value>(?:<!\[CDATA\[(?:(?!\]\]>).)*(?:\]\]>)?|[^<])+)",
    re.DOTALL,
)
_PART = re.compile(
    r"(?P<head>name=\"(?P<name>[^\"]{1,99})\"[^\n]*\n(?:[^\n]*[^\s][^\n]*\n)*\r?\n)(?P<value>.*?)(?=\r?\n--|\Z)",
    re.DOTALL,
)
_SEGMENT = re.compile(r"(?<=/)(?P<name>[\w-]*token)/(?P<value>[^/\s?#\"'<>]+)", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/\s@:\"'<>]*:[^/\s@\"'<>]+(?=@)")
_SCHEME = re.compile(r"\b(?P<name>Bearer|Basic)\s+(?P<value>[\w.~+/=-]{8,})", re.IGNORECASE)
_COLUMNS = re.compile(r"[\w. \"-]+(?:(?P<comma>[,;\t])[\w. \"-]+)*")
_COOKIE = re.compile(r"(?P<name>[^=;\s]+)=(?P<value>[^;]*)")


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Tell whether what stands under this name is a secret: ``X-Authorization``, ``client_secret``, ``otok``."""
    return _NAME.search(_OTHER.sub("", name.lower())) is not None


def redact_path(path: str) -> str:
    """Take out the part of a path that follows a token's name: ``/login/checkToken/[redacted]``."""
    return _SEGMENT.sub(rf"\g<name>/{REDACTED}", path) if "oken" in path or "OKEN" in path else path


class Redactor:
    """Redact one call. Give it what has names first, then the texts in which the same secrets may turn up."""

    def __init__(self) -> None:
        self._found: set[str] = set()

    def header(self, name: str, value: str) -> str:
        """Redact a header: of a credential its scheme stays, of a cookie its name."""
        lower = name.lower()
        if lower == "cookie":
            return _COOKIE.sub(lambda match: f"{match['name']}={self._take(match['value'])}", value)
        if lower == "set-cookie":
            pair, semicolon, attributes = value.partition(";")
            cookie, _, secret = pair.partition("=")
            return f"{cookie}={self._take(secret)}{semicolon}{attributes}"
        if not is_secret(name):
            return self.text(value)
        scheme, space, credential = value.partition(" ")
        return f"{scheme} {self._take(credential.strip())}" if space and credential else self._take(value)

    def named(self, name: str, value: str) -> str:
        """Redact the value of a parameter."""
        return self._take(value) if value and is_secret(name) else self.text(value)

    def query(self, text: str) -> str:
        """Redact a query string or a form, as it was sent. An OAuth code is a secret, other codes are not."""
        grant = "grant_type=" in text
        parts = []
        for part in text.split("&"):
            name, sign, value = part.partition("=")
            plain = unquote_plus(name)
            if value and (is_secret(plain) or (grant and plain == "code")):
                self._take(unquote_plus(value))
                value = self._take(value)
            parts.append(f"{name}{sign}{self.text(value)}")
        return "&".join(parts)

    def path(self, path: str, values: Mapping[str, str]) -> str:
        """Redact a path; ``values`` are its parameters, decoded."""
        secrets = {value for name, value in values.items() if is_secret(name)}
        for secret in secrets:
            self._take(secret)
        segments = (REDACTED if unquote(part) in secrets else part for part in path.split("/"))
        return self.text("/".join(segments))

    def body(self, text: str, media_type: str) -> str:
        """Redact a body, or the first part of one.

        What it looks like goes before what it is called: ``curl -d`` calls JSON a form.
        """
        if not text:
            return text
        if text.lstrip()[:1] in ("{", "["):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                text = self.query(text) if "urlencoded" in media_type else text
                return self.text(_JSON_PAIR.sub(self._json_pair, text))
            redacted = self.value(value)
            return (
                text if redacted == value else json.dumps(redacted, ensure_ascii=False, separators=(",", ":"))
            )
        if "urlencoded" in media_type:
            return self.query(text)
        columns = _COLUMNS.fullmatch(text.partition("\n")[0].rstrip("\r").removeprefix("\ufeff"))
        if columns is not None and "\n" in text:
            text = self._table(text, columns["comma"] or ",")
        text = _PART.sub(self._part, text)
        text = _ELEMENT.sub(self._element, text)
        return self.text(_JSON_PAIR.sub(self._json_pair, text))

    def value(self, value: Any, secret: bool = False) -> Any:
        """Redact a value of JSON; everything below a secret's name is secret."""
        if isinstance(value, str):
            return self._take(value) if secret and value else self.text(value)
        if isinstance(value, dict):
            grant = "grant_type" in value
            return {
                key: self.value(item, secret or is_secret(key) or (grant and key == "code"))
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.value(item, secret) for item in value]
        if secret and isinstance(value, int | float) and not isinstance(value, bool):
            return REDACTED
        return value

    def text(self, text: str) -> str:
        """Redact any text: links with secrets in them, and the secrets that were found before."""
        if "=" in text:
            text = _PAIR.sub(self._pair, text)
            text = _ATTRIBUTE.sub(self._attribute, text)
        if "/" in text:
            text = _SEGMENT.sub(self._segment, text)
            text = _USER.sub(REDACTED, text)
        text = _SCHEME.sub(lambda match: f"{match['name']} {self._take(match['value'])}", text)
        return self.known(text)

    def known(self, text: str) -> str:
        """Take out the secrets that were found before."""
        for secret in self._found:
            text = text.replace(secret, REDACTED)
        return text

    def _take(self, secret: str) -> str:
        if len(secret) >= TELLING and REDACTED not in secret:
            self._found.add(secret)
        return REDACTED

    def _json_pair(self, match: re.Match[str]) -> str:
        if not is_secret(match["name"]) or match["value"] in ('""', '"'):
            return match[0]
        self._take(match["value"].strip('"'))
        return f'{match[1]}"{REDACTED}"'

    def _pair(self, match: re.Match[str]) -> str:
        if not is_secret(unquote(match["name"])):
            return match[0]
        return f"{match['name']}={self._take(match['value'])}"

    def _attribute(self, match: re.Match[str]) -> str:
        if not is_secret(match["name"]):
            return match[0]
        return f"{match['name']}{match['sign']}{match['quote']}{self._take(match['value'])}"

    def _element(self, match: re.Match[str]) -> str:
        if not is_secret(match["name"]) or not match["value"].strip():
            return match[0]
        return f"<{match['name']}{match['rest']}>{self._take(match['value'])}"

    def _part(self, match: re.Match[str]) -> str:
        return match["head"] + self._take(match["value"]) if is_secret(match["name"]) else match[0]

    def _segment(self, match: re.Match[str]) -> str:
        return f"{match['name']}/{self._take(match['value'])}"

    def _table(self, text: str, comma: str) -> str:
        """Redact the columns of a CSV file that have a secret's name."""
        rows = list(csv.reader(io.StringIO(text), delimiter=comma))
        places = [place for place, name in enumerate(rows[0]) if is_secret(name)] if rows else []
        if not places:
            return text
        for row in rows[1:]:
            for place in places:
                if place < len(row) and row[place]:
                    row[place] = self._take(row[place])
        out = io.StringIO()
        csv.writer(out, delimiter=comma, lineterminator="\n").writerows(rows)
        return out.getvalue()


def redact_pairs(redactor: Redactor, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Redact headers, or other named values of which each is one."""
    return [(name, redactor.header(name, value)) for name, value in pairs]
