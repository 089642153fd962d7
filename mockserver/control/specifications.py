"""Serve the specifications, each as one self-contained document."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
import yaml

from mockserver.contract import Answer, Exchange, Rule
from mockserver.contract.specification import Specification

MEDIA_TYPES = {"json": "application/json", "yaml": "application/yaml"}


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List the specifications and where they are served."""
    base = f"{exchange.public_url}{exchange.prefix}/_mock/openapi"
    return {
        "specifications": [
            {
                "name": name,
                "title": specification.document["info"]["title"],
                "yaml": f"{base}/{name}.yaml",
                "json": f"{base}/{name}.json",
            }
            for name, specification in exchange.server.contract.specifications.items()
        ]
    }


async def read(exchange: Exchange, file: str) -> Answer:
    """Serve one specification as YAML or JSON."""
    name, _, suffix = file.rpartition(".")
    specification = exchange.server.contract.specifications.get(name)
    if specification is None or suffix not in MEDIA_TYPES:
        known = exchange.server.contract.specifications
        accepted = [f"{name}.{suffix}" for name in known for suffix in MEDIA_TYPES]
        raise Rule("MOCK-404-specification", explain=f"There is no specification {file}.", accepted=accepted)
    return Answer(body=_written(specification, suffix), media_type=MEDIA_TYPES[suffix])


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """YAML as people write it: texts of several lines as blocks."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        node: yaml.ScalarNode = self.represent_scalar(
            "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
        )
        return node


_Dumper.add_representer(str, _Dumper.represent_text)


@lru_cache(maxsize=64)
def _written(specification: Specification, suffix: str) -> bytes:
    content = specification.document
    if suffix == "json":
        return orjson.dumps(content, option=orjson.OPT_INDENT_2)
    return write_yaml(content)


def write_yaml(content: Any) -> bytes:
    """Write YAML for people."""
    written: bytes = yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, encoding="utf-8"
    )
    return written
