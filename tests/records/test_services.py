from __future__ import annotations

import pytest

from mockserver.records import Field, FieldType, FixtureError, load_services

from .conftest import SCHEMAS, SERVICE_NAMES, SERVICES, VALIDATORS, read


def test_there_are_the_sixteen_services_of_the_documents() -> None:
    assert len(SERVICES) == 16
    assert set(SERVICES) == set(SCHEMAS)


@pytest.mark.parametrize(
    ("service", "formats"),
    [("order", ("json", "xml")), ("inquiry", ("json", "csv", "xml")), ("product", ("json", "csv"))],
)
def test_formats_are_in_the_order_of_the_documents(service: str, formats: tuple[str, ...]) -> None:
    assert SERVICES[service].formats == formats


def test_subscribers_need_the_fields_that_the_documents_report_in_their_order() -> None:
    mandatory = SERVICES["newsletterSubscriber"].mandatory
    assert mandatory == ("fields.salutation", "fields.lastName", "fields.firstName")


@pytest.mark.parametrize(
    ("service", "field"),
    [
        ("order", Field("payedAt", FieldType.TIME, nullable=True)),
        ("order", Field("data.general.testMode", FieldType.BOOLEAN)),
        ("seoViews", Field("createdAt", FieldType.TIME, blank=True)),
        ("dataFeed", Field("lastExportStarted", FieldType.TIME, blank=True)),
        ("dataFeed", Field("saveTarget", FieldType.STRING, choices=("contentData", "system"))),
        ("newsletterSubscriber", Field("fields.lastName", FieldType.STRING)),
        ("newsletterSubscriber", Field("targetGroupIds", FieldType.ARRAY, element=FieldType.INTEGER)),
        ("productRating", Field("points", FieldType.NUMBER)),
    ],
)
def test_fields_are_known_by_their_dotted_paths(service: str, field: Field) -> None:
    assert SERVICES[service].fields[field.path] == field


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_mandatory_fields_exist(service: str) -> None:
    assert set(SERVICES[service].mandatory) <= set(SERVICES[service].fields)


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_examples_are_valid(service: str) -> None:
    VALIDATORS[service].validate(SCHEMAS[service]["example"])


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_every_property_says_what_it_is_and_where_that_is_known_from(service: str) -> None:
    for name, schema in SCHEMAS[service]["properties"].items():
        assert schema["type"], name
        assert schema["description"], name
        assert schema["x-evidence"] in ("documented", "convention"), name


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_only_top_level_properties_are_nullable(service: str) -> None:
    # CSV cannot tell an object whose properties are all null from one that is absent.
    assert all("." not in path for path, field in SERVICES[service].fields.items() if field.nullable)


def test_the_default_data_set_is_exported_in_a_few_seconds() -> None:
    for service in SERVICES.values():
        assert 1 <= service.count / service.records_per_second <= 4, service.name
        assert 3 <= service.count <= 250, service.name


def test_a_service_without_a_schema_is_refused_by_name() -> None:
    with pytest.raises(FixtureError, match=r"services\.yaml: adminUser"):
        load_services(read("services"), {})
