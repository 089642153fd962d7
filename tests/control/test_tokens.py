"""The tokens that a tester can call with."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.conftest import API, make_client


async def test_the_tokens_of_the_fixtures_are_listed(client: httpx.AsyncClient) -> None:
    tokens = (await client.get("/_mock/tokens")).json()["tokens"]
    assert [one["token"] for one in tokens if one["api"] == "websale"] == [
        "admin-token",
        "editor-token",
        "reader-token",
        "writer-token",
        "nobody-token",
        "expired-token",
    ]
    assert {one["token"]: one["scope"] for one in tokens if one["api"] == "foxy"} == {
        "foxy-token": "store_full_access",
        "foxy-user-token": "user_full_access",
        "foxy-client-token": "client_full_access",
        "foxy-expired-token": "store_full_access",
        "other-token": "store_full_access",
    }


async def test_a_token_allows_what_the_list_says(client: httpx.AsyncClient) -> None:
    tokens = {one["token"]: one for one in (await client.get("/_mock/tokens")).json()["tokens"]}
    assert tokens["admin-token"]["administrator"]
    assert tokens["reader-token"]["rights"] == {"*": ["read"]}
    assert [one["token"] for one in tokens.values() if one["expired"]] == [
        "expired-token",
        "foxy-expired-token",
    ]
    for token in ("reader-token", "writer-token", "expired-token"):
        may_read = not tokens[token]["expired"] and "read" in tokens[token]["rights"]["*"]
        headers = {"X-Authorization": f"Bearer {token}"}
        answer = await client.get(f"{API}/datafeeds", headers=headers)
        assert (answer.status_code == 200) == may_read


async def test_tokens_of_ones_own_fixtures_are_listed(tmp_path: Path) -> None:
    ada = {"name": "ada", "id": 91, "email": "a@example.com", "password": "p", "apiKey": "k"}
    users = {"users": [{**ada, "token": "ada-token", "rights": {"order": ["read"]}}]}
    (tmp_path / "users.yaml").write_text(json.dumps(users), encoding="utf-8")
    async with make_client(MockServer(Settings(fixtures=str(tmp_path)))) as client:
        answer = await client.get("/_mock/tokens")
    own = next(one for one in answer.json()["tokens"] if one["token"] == "ada-token")
    assert (own["owner"], own["rights"]) == ("ada", {"order": ["read"]})
    assert not {"p", "k"} & {value for value in own.values() if isinstance(value, str)}
