import pytest


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 3 - 2", "5"),
        ("10 / 4", "2.5"),
        ("10 / 5", "2"),
        ("7 % 4", "3"),
        ("-2 * -3", "6"),
        ("- - 2", "2"),
        ("1.5 + 1", "2.5"),
        ('"a" + "b" + "c"', "abc"),
        ("[1] + [2]", "[1,2]"),
        ("1 < 2", "true"),
        ("2 <= 1", "false"),
        ('"a" < "b"', "true"),
        ("1 == 1.0", "true"),
        ('1 == "1"', "false"),
        ("true == 1", "false"),
        ("null == null", "true"),
        ("1 != 2", "true"),
        ("[1, 2] == [1, 2]", "true"),
        ("true and false or true", "true"),
        ("true or true and false", "true"),
        ("not true or true", "true"),
        ("not 1 == 2", "true"),
        ('not ""', "true"),
        ("1 and 2", "true"),
        ("null or 0", "false"),
        ('"red" in ["red", "blue"]', "true"),
        ('"el" in "Hello"', "true"),
        ("3 not in [1, 2]", "true"),
        ('"a" in null', "false"),
        ("-3 | abs", "3"),
        ('"a" + "b" | upper', "aB"),
        ('("a" + "b") | upper', "AB"),
        ('"abc" | length > 2', "true"),
        ('" a " | trim | upper | replace("A", "b")', "b"),
        ("[]", "[]"),
        ("[1, [2] | length]", "[1,1]"),
    ],
)
def test_expressions_have_values(render, expression, result):
    assert render("{{! " + expression + " }}") == result


def test_and_stops_at_what_is_false(render):
    assert render("{{= $x != null and $x.list[0] < 1 }}", x=None) == "false"


def test_or_stops_at_what_is_true(render):
    assert render("{{= true or 1 / 0 }}") == "true"


def test_the_dot_reads_a_map(render):
    assert render("{{= $p.custom.weight }}", p={"custom": {"weight": 3}}) == "3"


def test_words_of_the_language_are_names_after_a_dot(render):
    assert render("{{= $p.in + $p.default + $p.true }}", p={"in": 1, "default": 2, "true": 3}) == "6"


def test_brackets_read_a_map_by_any_key(render):
    assert render('{{= $p["a-b"] }}{{= $p[$k] }}', p={"a-b": 1, "c": 2}, k="c") == "12"


def test_brackets_read_a_list_from_zero(render):
    assert render("{{= $l[0] }}{{= $l[$l[0]].n }}", l=[1, {"n": 2}]) == "12"


@pytest.mark.parametrize(
    "path", ["$p.no", "$p.no.further", '$p["no"]', "$p.list[1]", "$p.list[-1]", "$p.no[0]"]
)
def test_what_is_missing_is_null(render, path):
    assert render("{{= " + path + " == null }}", p={"list": [1]}) == "true"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('1 + "a"', "+ joins only values of the same type, not a number and a string: use str()"),
        ('"a" + null', "+ joins only values of the same type, not a string and null: use str()"),
        ("true + 1", "+ joins only values of the same type, not a boolean and a number: use str()"),
        ('"a" - 1', "- needs numbers, not a string"),
        ('"a" * 3', "* needs numbers, not a string"),
        ("-true", "- needs a number, not a boolean"),
        ("1 / 0", "division by zero"),
        ("1 % 0.0", "division by zero"),
        ('1 < "2"', "< does not compare a number with a string"),
        ("null > 1", "> does not compare null with a number"),
        ("9223372036854775807 + 1", "a whole number is larger than 64 bits"),
        ("9223372036854775807 * 9223372036854775807 | abs", "a whole number is larger than 64 bits"),
        ("$big * $big", "a number is too large"),
        ("$big * 10", "a number is too large"),
        ("1 in 5", "a list is needed, not a number"),
        ('1 in "1"', "only a string can be in a string, not a number"),
        ("[1] in $map", "the key of a map is a string, not a list"),
        ("$list.name", "a list has no .name"),
        ('$list["name"]', "the place in a list is a whole number, not a string"),
        ("$text.length", "a string has no .length"),
        ("$text[0]", "a list is needed, not a string"),
        ("$list.x()", "only modules have methods, not a list"),
        ("[[1]]", "a list cannot be an element of a list"),
        ("$odd", "a list is needed, not a value that templates do not know"),
        ("$nan", "a number is too large"),
    ],
)
def test_expressions_that_make_no_sense_say_why(refusal, expression, reason):
    given = {"big": 1e308, "map": {}, "list": [], "text": "a", "odd": object(), "nan": float("nan")}
    error = refusal("\n{{= " + expression + " }}", **given)
    assert (error.reason, error.line) == (reason, 2)
    assert str(error) == f"line 2: {reason}"
