"""Make, keep and write the records of the shop; knows no HTTP and no other part of the project."""

from __future__ import annotations

from mockserver.records.dataset import EPOCH, DataSet, Record, Records, Snapshot
from mockserver.records.errors import CodecError, FixtureError, RecordsError
from mockserver.records.recipes import Read, Recipe, Recipes
from mockserver.records.services import Field, FieldType, Service, load_services

__all__ = [
    "EPOCH",
    "CodecError",
    "DataSet",
    "Field",
    "FieldType",
    "FixtureError",
    "Read",
    "Recipe",
    "Recipes",
    "Record",
    "Records",
    "RecordsError",
    "Service",
    "Snapshot",
    "load_services",
]
