from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from mockserver.records import DataSet, Recipes, Service, load_services

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"


def read(name: str) -> Any:
    return yaml.load((FIXTURES / f"{name}.yaml").read_bytes(), Loader=yaml.CSafeLoader)


def read_schemas() -> dict[str, Any]:
    document = yaml.load((ROOT / "openapi" / "records.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    schemas: dict[str, Any] = document["components"]["schemas"]
    return schemas


def draft4(schema: Any) -> Any:
    """Translate OpenAPI 3.0 to JSON Schema Draft 4: `nullable` becomes a second type."""
    if isinstance(schema, list):
        return [draft4(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    translated = {name: draft4(part) for name, part in schema.items()}
    if translated.pop("nullable", None) is True and isinstance(translated.get("type"), str):
        translated["type"] = [translated["type"], "null"]
    return translated


SCHEMAS = read_schemas()
SERVICES = load_services(read("services"), SCHEMAS)
SERVICE_NAMES = sorted(SERVICES)
FORMATS = [(name, format) for name in SERVICE_NAMES for format in SERVICES[name].formats]
VALIDATORS = {
    name: jsonschema_rs.Draft4Validator(draft4(schema), validate_formats=True)
    for name, schema in SCHEMAS.items()
}


def make_dataset(seed: int = 42, **counts: int) -> DataSet:
    return DataSet(SERVICES, Recipes(read, SERVICES), seed, counts)


@pytest.fixture(scope="session")
def services() -> dict[str, Service]:
    return SERVICES


@pytest.fixture(scope="session")
def dataset() -> DataSet:
    return make_dataset()
