"""The specifications and the rule catalogue must agree, or the server does not start."""

from __future__ import annotations

import pytest

from mockserver.contract import CatalogueError, SpecificationError
from tests.contract.conftest import SpecificationFolder, error


def test_a_folder_whose_files_agree_is_loaded(folder: SpecificationFolder) -> None:
    contract = folder.load()
    assert list(contract.operations) == ["readTea"]
    assert contract.operations["readTea"].title == "GET {size}/tea"
    assert set(contract.apis["/cups"].examples) == {
        "MOCK-400-world",
        "T-404-path",
        "T-405-method",
        "T-413-body",
        "T-500",
    }


def test_references_to_other_files_become_part_of_the_document(folder: SpecificationFolder) -> None:
    document = folder.load().specifications["mock-control"].document
    assert document["components"]["schemas"]["Error"]["required"] == ["status", "reason", "field"]
    content = document["x-unrouted"]["404"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Error"}


def test_an_error_rule_without_an_example_is_refused(folder: SpecificationFolder) -> None:
    folder.rules["rules"].append(folder.rules["rules"][0] | {"id": "T-418"})
    with pytest.raises(CatalogueError, match="no example in any specification for T-418"):
        folder.load()


def test_an_example_without_a_rule_is_refused(folder: SpecificationFolder) -> None:
    folder.tea["responses"]["409"] = error("T-409", 409, "Spilt.")
    with pytest.raises(CatalogueError, match=r"GET \{size\}/tea: example T-409 is no rule"):
        folder.load()


def test_an_example_that_breaks_its_schema_is_refused_with_the_place(folder: SpecificationFolder) -> None:
    examples = folder.tea["responses"]["400"]["content"]["application/json"]["examples"]
    examples["T-READ-400-size"]["value"]["status"] = "four hundred"
    with pytest.raises(CatalogueError, match="T-READ-400-size breaks its schema: status is"):
        folder.load()


def test_a_success_example_that_breaks_its_schema_is_refused(folder: SpecificationFolder) -> None:
    examples = folder.tea["responses"]["200"]["content"]["application/json"]["examples"]
    examples["small"]["value"] = {}
    with pytest.raises(CatalogueError, match="example small breaks its schema: size is missing"):
        folder.load()


def test_an_example_with_another_status_than_its_rule_is_refused(folder: SpecificationFolder) -> None:
    folder.rules["rules"][-1]["status"] = 404
    with pytest.raises(CatalogueError, match="has status 400, its rule 404"):
        folder.load()


def test_an_example_that_says_something_else_than_its_rule_is_refused(folder: SpecificationFolder) -> None:
    folder.rules["rules"][-1]["reason"] = "No such cup."
    with pytest.raises(CatalogueError, match=r"does not say the rule's reason: 'No such cup\.'"):
        folder.load()


def test_an_example_at_another_operation_than_its_rule_is_refused(folder: SpecificationFolder) -> None:
    folder.rules["rules"][-1]["operation"] = "POST {size}/tea"
    with pytest.raises(CatalogueError, match=r"belongs to POST \{size\}/tea"):
        folder.load()


def test_a_violation_must_name_an_example_of_the_operation(folder: SpecificationFolder) -> None:
    folder.tea["x-violations"]["query.sugarLumps"] = "T-SUGAR"
    with pytest.raises(CatalogueError, match="x-violations names T-SUGAR"):
        folder.load()


def test_every_part_of_a_request_that_can_be_wrong_needs_a_rule(folder: SpecificationFolder) -> None:
    del folder.tea["x-violations"]["*"]
    with pytest.raises(CatalogueError, match=r"x-violations names no rule for query\.sugarLumps"):
        folder.load()


def test_a_right_that_can_be_missing_needs_a_rule(folder: SpecificationFolder) -> None:
    folder.tea["x-right"] = {"verbs": ["read"], "service": "tea"}
    with pytest.raises(CatalogueError, match="x-violations names no rule for security"):
        folder.load()


def test_a_rule_that_lacks_something_is_refused_by_name(folder: SpecificationFolder) -> None:
    del folder.rules["rules"][-1]["api"]
    with pytest.raises(CatalogueError, match=r"T-READ-400-size lacks api\."):
        folder.load()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"evidence": "rumour"}, "has the evidence 'rumour'"),
        ({"colour": "red"}, "has unknown keys: colour"),
        ({"id": "T-404-path"}, "T-404-path stands there twice"),
    ],
)
def test_a_faulty_catalogue_entry_is_refused(
    folder: SpecificationFolder, change: dict[str, str], message: str
) -> None:
    folder.rules["rules"][-1] |= change
    with pytest.raises(CatalogueError, match=message):
        folder.load()


def test_a_reference_that_points_nowhere_is_refused(folder: SpecificationFolder) -> None:
    del folder.shared["components"]["schemas"]["Error"]
    with pytest.raises(SpecificationError, match="points nowhere"):
        folder.load()


def test_a_reference_out_of_the_folder_is_refused(folder: SpecificationFolder) -> None:
    content = folder.api["x-unrouted"]["404"]["content"]["application/json"]
    content["schema"] = {"$ref": "../../secrets.yaml#/components/schemas/Key"}
    with pytest.raises(SpecificationError, match="leaves the folder"):
        folder.load()


def test_a_schema_that_contains_itself_is_refused(folder: SpecificationFolder) -> None:
    folder.shared["components"]["schemas"]["Error"]["properties"]["field"] = {
        "$ref": "#/components/schemas/Error"
    }
    with pytest.raises(SpecificationError, match="contains itself"):
        folder.load()


def test_a_file_that_is_no_yaml_is_named(folder: SpecificationFolder) -> None:
    folder.load()
    (folder.path / "rules.yaml").write_text("rules: [", encoding="utf-8")
    from mockserver.contract import load_contract

    with pytest.raises(SpecificationError, match=r"rules\.yaml is not valid YAML"):
        load_contract(folder.path, ["mock-control"], resolve=folder.handlers.__getitem__)
