import pytest

from mockserver.websale.language import FUNCTIONS


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("abs(-5)", "5"),
        ("abs(5.5)", "5.5"),
        ("floor(-1.5)", "-2"),
        ("ceil(1.2)", "2"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(1.005, 2)", "1.01"),
        ("round(7, 2)", "7"),
        ("round(number=1.26, digits=1)", "1.3"),
        ('upper("straße")', "STRASSE"),
        ('lower("ÄB")', "äb"),
        ('trim("  a b\n")', "a b"),
        ('replace("GUTSCHEIN_buy10", "buy", "sale")', "GUTSCHEIN_sale10"),
        ('replace(search="buy", replace="sale", content="GUTSCHEIN_buy10")', "GUTSCHEIN_sale10"),
        ('replace("a.c", ".", "$1")', "a$1c"),
        ('replace("abc", "", "x")', "abc"),
        ('upper(replace("versand_kostenfrei", "_", " "))', "VERSAND KOSTENFREI"),
        ('substr("Hello", 1, 3)', "ell"),
        ('substr("Hello", 2)', "llo"),
        ('substr("Hello", 9, 1)', ""),
        ('split("a,b", ",")', '["a","b"]'),
        ('join(["a", 1, null], "-")', "a-1-"),
        ("join([1, 2])", "1,2"),
        ('length("äö")', "2"),
        ("length([1, 2])", "2"),
        ("length(null)", "0"),
        ("merge([1], [2])", "[1,2]"),
        ("str(1.5)", "1.5"),
        ('"A" + str(7)', "A7"),
        ('int("89.900000")', "89"),
        ("int(-1.9)", "-1"),
        ('int("x") == null', "true"),
        ('float(" 89.900000 ")', "89.9"),
        ('float("1e5") == null', "true"),
        ('default("", "x")', "x"),
        ('default(0, "x")', "0"),
        ("default(default=1, value=null)", "1"),
        ("currency(1500)", "1,500.00 €"),
        ('currency("89.900000")', "89.90 €"),
        ('currency(0.125, "CHF")', "0.13 CHF"),
        ('json("a<\\"")', '"a<\\""'),
        ("escape('<a>')", "&lt;a&gt;"),
        ('url("ä b/c?")', "%C3%A4%20b%2Fc%3F"),
        ('striptags("<p>a <b>b</b></p> < c")', "a b < c"),
        ('csv("plain")', "plain"),
        ("csv(3)", "3"),
        ("csv('a;\"b\"')", '"a;""b"""'),
        ('csv("two\nlines")', '"two\nlines"'),
        ('csv(" blank")', '" blank"'),
    ],
)
def test_functions_give_values(render, call, result):
    assert render("{{! " + call + " }}") == result


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"merge", "join", "split"}))
def test_every_function_of_one_value_accepts_null(render, name):
    signature = FUNCTIONS[name].signature
    others = {"replace": '"a", "b"', "substr": "0", "default": '""'}.get(name, "")
    assert signature.required == 1 or others
    render("{{= null | " + name + (f"({others})" if others else "") + " }}")


@pytest.mark.parametrize("name", ["abs", "upper", "replace", "currency", "round", "trim"])
def test_null_stays_null_in_strings_and_numbers(render, name):
    others = '("a", "b")' if name == "replace" else ""
    assert render("{{= (null | " + name + others + ") == null }}") == "true"


def test_a_modifier_is_a_function_with_the_value_in_first_place(render):
    assert render('{{= "abc" | replace("b", replace="x") }}{{= "a" | upper() }}') == "axcA"


def test_modifiers_are_applied_from_left_to_right(render):
    assert render('{{= "a" | replace("a", "b") | replace("b", "c") }}') == "c"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("upper(5)", "upper needs a string, not a number"),
        ('abs("5")', "abs needs a number, not a string"),
        ("abs(true)", "abs needs a number, not a boolean"),
        ("round(1.5, 0.5)", "round needs a whole number, not a number"),
        ("round(1.5, 11)", "round needs 0 to 10 digits"),
        ('replace("a", 1, "b")', "replace needs a string, not a number"),
        ('substr("a", -1)', "substr needs a start and a length of at least 0"),
        ('split("a", "")', "split needs a separator that is not empty"),
        ('merge([1], "a")', "a list is needed, not a string"),
        ("length(5)", "a list is needed, not a number"),
        ("length($lazy)", "this list can only be walked with foreach"),
        ('currency("free")', "currency needs a number, not a string"),
        ('int("99999999999999999999")', "a whole number is larger than 64 bits"),
        ("abs(-9223372036854775807 - 1)", "a whole number is larger than 64 bits"),
    ],
)
def test_functions_say_what_they_cannot_take(refusal, call, reason):
    assert refusal("{{= " + call + " }}", lazy=iter(())).reason == reason


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("Upper('a')", 'there is no function "Upper"'),
        ("upper()", 'upper needs "content"'),
        ("upper('a', 'b')", "upper takes at most 1 arguments, not 2"),
        ("upper(text='a')", 'upper has no parameter "text"; its parameters: content'),
        ("upper('a', content='b')", 'upper gets "content" twice'),
        ("replace(search='a', 'b')", "a positional argument stands behind a named one"),
        ("'a' | Upper", 'there is no modifier "Upper"'),
        ("'a' | replace('b')", 'replace needs "replace"'),
        ("'a' | 5", 'the name of a modifier is expected, not "5"'),
        ("'a' | __class__", 'there is no modifier "__class__"'),
    ],
)
def test_calls_are_checked_when_compiling(compile_error, call, message):
    assert compile_error("{{= " + call + " }}").message == message
