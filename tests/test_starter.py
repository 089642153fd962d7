"""The folder that ``mockserver init`` writes."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from mockserver.cli import main
from tests.running import run_server

ADMIN = {"X-Authorization": "Bearer admin-token"}
FILES = ["README.md", "services.yaml", "shop.yaml", "records/product.yaml", "scenarios/stuck-export.yaml"]


def init(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])


def test_it_says_what_it_wrote_and_what_comes_next(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "my shop"
    result = init(str(folder))
    wrote = "".join(f"wrote {folder}/{name}\n" for name in FILES)
    assert (result.exit_code, result.output) == (
        0,
        f"{wrote}\nNext: mockserver serve --fixtures '{folder}'\n",
    )
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*.*")) == sorted(FILES)


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("mine", encoding="utf-8")
    result = init(str(tmp_path))
    assert result.exit_code == 1
    assert result.output == f"Error: {tmp_path}/shop.yaml is there already; --force replaces it.\n"
    assert [file.name for file in tmp_path.iterdir()] == ["shop.yaml"]


def test_with_force_it_is_replaced(tmp_path: Path) -> None:
    init(str(tmp_path))
    first = (tmp_path / "shop.yaml").read_bytes()
    (tmp_path / "shop.yaml").write_text("mine", encoding="utf-8")
    assert init(str(tmp_path), "--force").exit_code == 0
    assert (tmp_path / "shop.yaml").read_bytes() == first


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "records").write_text("", encoding="utf-8")
    result = init(str(tmp_path))
    assert result.exit_code == 1
    assert result.output == f"Error: Cannot write {tmp_path}/records: File exists.\n"
    assert [file.name for file in tmp_path.iterdir()] == ["records"]


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".yaml")])
def test_each_file_says_in_comments_what_it_can_hold(tmp_path: Path, name: str) -> None:
    init(str(tmp_path))
    lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert max(map(len, lines)) <= 120


def test_the_banner_names_the_tokens_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "users.yaml").write_text(
        "users: [{name: admin, token: chef-token}]", encoding="utf-8"
    )
    with run_server(tmp_path, "--fixtures", str(tmp_path / "shop")) as server:
        assert "WEBSALE       chef-token  editor-token" in server.banner
        assert "Bearer chef-token" in server.banner
        assert "Foxy          foxy-token  foxy-user-token" in server.banner
        assert "admin-token" not in server.banner


def test_a_server_shows_its_shop(tmp_path: Path) -> None:
    init(str(tmp_path / "shop"))
    with (
        run_server(tmp_path, "--fixtures", str(tmp_path / "shop"), "--clock", "frozen") as server,
        httpx.Client(base_url=server.url, headers=ADMIN) as client,
    ):
        assert f"fixtures      {tmp_path}/shop\n" in server.banner
        started = client.post("/admin/api/v1/report/order/start").json()
        assert started["total"] == 25
        client.post("/_mock/clock/advance", json={"until": "idle"})
        orders = client.get(started["fileUrl"]).json()
        assert {order["subshopId"] for order in orders} == {"schweiz", "suisse"}
        assert {order["data"]["sums"]["currency"] for order in orders} == {"CHF"}
        ended = client.get("/admin/api/v1/report/order/status").json()
        assert (ended["status"], ended["duration"]) == (5, 5)

        products = client.post("/admin/api/v1/report/product/start").json()
        client.post("/_mock/clock/advance", json={"until": "idle"})
        first, *_ = client.get(products["fileUrl"]).json()
        assert first["name"] == "Darjeeling First Flush"

        client.post("/_mock/scenarios/stuck-export").raise_for_status()
        stuck = client.get("/admin/api/v1/report/order/status").json()
        assert (stuck["status"], stuck["percentage"]) == (2, 60)
        refused = client.post("/admin/api/v1/import/product/start?format=json", content=b"[]")
        assert (refused.status_code, refused.headers["X-Mock-Rule"]) == (503, "IMP-START-503-redis-read")
