from types import SimpleNamespace

import pytest

from mockserver.websale.language import Method, Module, Signature, by_id

PRODUCTS = {"1": {"id": "1", "name": "Table", "itemNumber": "T-1"}}


@pytest.fixture
def products():
    numbers = {product["itemNumber"]: product for product in PRODUCTS.values()}
    return Module(
        {"load": by_id(PRODUCTS.get, "productId"), "loadByNumber": by_id(numbers.get, "itemNumber")}
    )


@pytest.fixture
def categories():
    methods = {
        "loadCategory": lambda number: {"id": number, "name": f"Category {number}"},
        "loadChildren": lambda number: ({"id": f"{number}{child}"} for child in "ab"),
        "loadPath": lambda number: (),
        "loadProducts": lambda number: iter(PRODUCTS.values()),
    }
    return Module({name: by_id(call, "categoryId") for name, call in methods.items()})


def test_products_are_loaded_by_id(render, products):
    assert render('{{ var $p = $wsProducts.load("1") }}{{= $p.name }}', wsProducts=products) == "Table"


def test_products_are_loaded_by_number(render, products):
    source = '{{ var $p = $wsProducts.loadByNumber(itemNumber="T-1") }}{{= $p.name }}'
    assert render(source, wsProducts=products) == "Table"


def test_a_whole_number_is_an_id_too(render, products):
    assert render("{{ var $p = $wsProducts.load(1) }}{{= $p.name }}", wsProducts=products) == "Table"


@pytest.mark.parametrize("call", ['load("2")', "load(null)", 'loadByNumber("x")'])
def test_what_the_shop_does_not_have_is_null(render, products, call):
    source = "{{ var $p = $wsProducts." + call + " }}{{= $p == null }}{{= $p.name }}"
    assert render(source, wsProducts=products) == "true"


def test_a_category_lists_its_children_and_products(render, categories):
    source = (
        '{{ var $c = $wsCategories.loadCategory("7") }}{{= $c.name }}:'
        "{{ foreach $child in $wsCategories.loadChildren($c.id) }} {{= $child.id }}{{ /foreach }}"
        "{{ foreach $p in $wsCategories.loadProducts($c.id) }} {{= $p.name }}{{ /foreach }}"
        "{{ foreach $p in $wsCategories.loadPath($c.id) }} never{{ /foreach }}"
    )
    assert render(source, wsCategories=categories) == "Category 7: 7a 7b Table"


def test_the_configuration_is_read_with_dots(render):
    config = Module(variables={"currency": {"symbol": "€"}, "countries": [{"name": "Deutschland"}]})
    source = '{{= $wsConfig.currency.symbol }} {{= $wsConfig["countries"][0].name }}'
    assert render(source, wsConfig=config) == "€ Deutschland"


def test_a_module_shows_its_methods_as_json(render, products):
    shown = '{"load":"ƒ()","loadByNumber":"ƒ()"}'
    assert render("{{! $wsProducts | json }}", wsProducts=products) == shown


def test_a_module_shows_its_variables_as_json(render):
    assert render("{{! $wsConfig | json }}", wsConfig=Module(variables={"a": [1]})) == '{"a":[1]}'


def test_a_variable_may_hold_a_module(render, products):
    assert (
        render('{{ var $m = $wsProducts }}{{ var $p = $m.load("1") }}{{= $p.id }}', wsProducts=products)
        == "1"
    )


def test_methods_may_have_defaults(render):
    module = Module({"list": Method(lambda start, size: [start, size], Signature(("start", "size"), (10,)))})
    assert render("{{= $wsX.list(1) }}{{= $wsX.list(size=2, start=3) }}", wsX=module) == "[1,10][3,2]"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("load()", 'load() needs "productId"'),
        ("load(1, 2)", "load() takes at most 1 arguments, not 2"),
        ("load(id=1)", 'load() has no parameter "id"; its parameters: productId'),
        ("load(1.5)", "productId is not a string"),
        ("load(true)", "productId is not a string"),
        ("load", "load is a method: call it as load()"),
        (
            "all()",
            "the module has no method all(); its methods: load, loadByNumber",
        ),
        ("__init__()", None),
        ("get('methods')", None),
    ],
)
def test_methods_say_what_they_cannot_take(refusal, products, call, reason):
    error = refusal("{{= $wsProducts." + call + " }}", wsProducts=products)
    assert reason is None or error.reason == reason


@pytest.mark.parametrize(
    "source",
    [
        '{{= $wsProducts.load("1").name }}',
        '{{= $wsProducts.load("1")["name"] }}',
        "{{= merge([1], [2])[0] }}",
    ],
)
def test_results_of_calls_cannot_be_chained(compile_error, source):
    error = compile_error(source, "wsProducts")
    assert error.message == "the result of a call has to be stored in a variable first"


NAMES = [
    "__class__",
    "__init__",
    "__dict__",
    "__globals__",
    "methods",
    "variables",
    "get",
    "keys",
    "items",
    "secret",
]


@pytest.mark.parametrize("name", NAMES)
def test_python_attributes_of_maps_and_modules_cannot_be_reached(render, name):
    source = (
        "{{= $map."
        + name
        + " }}{{= $map['"
        + name
        + "'] }}{{= $wsM."
        + name
        + " }}{{= $wsM['"
        + name
        + "'] }}"
    )
    assert render(source, map={"a": 1}, wsM=Module(variables={"a": 1})) == ""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["text", 5, [1], len, SimpleNamespace(secret=1)], ids=repr)
def test_python_attributes_of_other_values_cannot_be_reached(refusal, name, value):
    refusal("{{= $x." + name + " }}", x=value)
    refusal("{{= $x." + name + "() }}", x=value)
    refusal("{{= $x['" + name + "'] }}", x=value)
