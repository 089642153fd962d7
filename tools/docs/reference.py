"""The generated pages of the reference: which there are, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mockserver.app import SPECIFICATIONS
from mockserver.contract.catalogue import Catalogue
from mockserver.contract.specification import load_specification, read_yaml
from mockserver.resources import shipped
from tools.docs.api_pages import ApiPage, records_page
from tools.docs.markdown import CHECKOUT
from tools.docs.option_tables import fill_tables
from tools.docs.options_page import options_page

FOLDER = CHECKOUT / "docs" / "reference"
WITH_TABLES = (CHECKOUT / "README.md", CHECKOUT / "docs" / "guides" / "container.md")
"""Pages that show some of the options."""


def generated_pages() -> Iterator[tuple[Path, str]]:
    """Yield path and text of every generated page."""
    openapi, fixtures = shipped("openapi"), shipped("fixtures")
    catalogue = Catalogue(read_yaml(openapi / "rules.yaml")["rules"])
    for name in SPECIFICATIONS:
        yield FOLDER / f"{name}.md", ApiPage(load_specification(openapi, name), catalogue).text()
    records = load_specification(openapi, "records")
    yield FOLDER / "records.md", records_page(records, read_yaml(fixtures / "services.yaml"))
    yield FOLDER / "options.md", options_page()
    for page in WITH_TABLES:
        yield page, fill_tables(page.read_text(encoding="utf-8"))


def write_pages() -> None:
    """Write the pages that have changed."""
    for path, text in generated_pages():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
