"""A small API of its own, so that what the contract room promises is tested without a vendor."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.contract import Contract, load_contract


def error(name: str, status: int, reason: str) -> dict[str, Any]:
    """Return a response object whose one example is the error rule ``name``."""
    value = {"status": status, "reason": reason, "field": ""}
    return {
        "description": reason,
        "content": {
            "application/json": {
                "schema": {"$ref": "components/shared.yaml#/components/schemas/Error"},
                "examples": {name: {"summary": reason, "value": value}},
            }
        },
    }


SHARED = {
    "components": {
        "schemas": {
            "Error": {
                "type": "object",
                "required": ["status", "reason", "field"],
                "additionalProperties": False,
                "properties": {
                    "status": {"type": "integer"},
                    "reason": {"type": "string"},
                    "field": {"type": "string"},
                },
            }
        }
    }
}

UNROUTED = {
    "400": error("MOCK-400-world", 400, "No world can have this name."),
    "404": error("T-404-path", 404, "Nothing is there."),
    "405": error("T-405-method", 405, "The method is not allowed."),
    "413": error("T-413-body", 413, "The body is too large."),
    "500": error("T-500", 500, "A bug."),
}

API: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Cups", "version": "1"},
    "servers": [{"url": "/cups"}],
    "x-unrouted": UNROUTED,
    "paths": {
        "/{size}/tea": {
            "parameters": [
                {
                    "name": "size",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "enum": ["s", "l"]},
                }
            ],
            "get": {
                "operationId": "readTea",
                "x-handler": "cups:read",
                "x-violations": {"path.size": "T-READ-400-size", "*": "T-READ-400-size"},
                "parameters": [
                    {
                        "name": "sugarLumps",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 0, "default": 1},
                    }
                ],
                "responses": {
                    "200": {
                        "description": "tea",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["size"],
                                    "properties": {"size": {"type": "string"}, "sugar": {"type": "integer"}},
                                },
                                "examples": {"small": {"value": {"size": "s", "sugar": 1}}},
                            }
                        },
                    },
                    "400": error("T-READ-400-size", 400, "There is no size tiny."),
                },
            },
        }
    },
}

RULES = {
    "rules": [
        {
            "id": rule_id,
            "api": "test",
            "operation": operation,
            "status": status,
            "type": "",
            "reason": reason,
            "evidence": "documented",
            "source": "T",
        }
        for rule_id, operation, status, reason in (
            ("MOCK-400-world", "*", 400, "No world can have this name."),
            ("T-404-path", "*", 404, "Nothing is there."),
            ("T-405-method", "*", 405, "The method is not allowed."),
            ("T-413-body", "*", 413, "The body is too large."),
            ("T-500", "*", 500, "A bug."),
            ("T-READ-400-size", "GET {size}/tea", 400, "There is no size {size}."),
        )
    ]
}


class SpecificationFolder:
    """A folder of specifications that a test may change before it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.api = copy.deepcopy(API)
        self.rules: dict[str, Any] = copy.deepcopy(RULES)
        self.shared = copy.deepcopy(SHARED)
        self.handlers: dict[str, Callable[..., Any]] = {"cups:read": _no_handler}

    @property
    def tea(self) -> dict[str, Any]:
        """The one operation."""
        operation: dict[str, Any] = self.api["paths"]["/{size}/tea"]["get"]
        return operation

    def load(self) -> Contract:
        (self.path / "components").mkdir(exist_ok=True)
        for name, content in (
            ("mock-control", self.api),
            ("rules", self.rules),
            ("components/shared", self.shared),
        ):
            (self.path / f"{name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        return load_contract(self.path, ["mock-control"], resolve=self.handlers.__getitem__)


async def _no_handler() -> None:
    raise AssertionError("not called")


@pytest.fixture
def folder(tmp_path: Path) -> SpecificationFolder:
    return SpecificationFolder(tmp_path)
