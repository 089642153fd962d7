"""Secrets are redacted by what a body looks like, not by what it is called: `curl -d` calls JSON a form."""

from __future__ import annotations

import httpx
import pytest

SECRET = "correct-horse-battery"


@pytest.mark.parametrize("label", ["application/x-www-form-urlencoded", "text/plain", "application/json", ""])
@pytest.mark.parametrize(
    "body",
    [
        '{"userName": "admin", "password": "%s"}',
        '{"userName": "admin", "password": "%s"',
        ' [{"apiKey": "%s"}]',
    ],
)
async def test_a_password_in_json_is_redacted_whatever_its_label(
    client: httpx.AsyncClient, label: str, body: str
) -> None:
    headers = {"Content-Type": label} if label else {}
    await client.post("/admin/api/v1/login", content=(body % SECRET).encode(), headers=headers)
    journal = await client.get("/_mock/requests")
    assert "login" in journal.text
    assert SECRET not in journal.text
