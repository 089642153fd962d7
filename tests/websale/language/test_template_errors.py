import pytest

from mockserver.websale.language import CompileError, LimitExceeded, RenderError, TemplateError


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("a\nb {{= $x }}", 2, 7, "$x is not declared"),
        ("{{ $x = 1 }}", 1, 4, "$x is not declared"),
        ("{{ var $x = $x }}", 1, 13, "$x is not declared"),
        ("{{ var $x = 1 }}\n{{ var $x = 2 }}", 2, 8, "$x is declared already"),
        ("{{ if true }}{{ var $x = 1 }}{{ else }}{{ var $x = 2 }}{{ /if }}", 1, 47, "$x is declared already"),
        ("{{ foreach $x in [] }}{{ /foreach }}{{= $x }}", 1, 41, "$x is not declared"),
        ("{{ foreach $x in $x }}{{ /foreach }}", 1, 18, "$x is not declared"),
        ("{{ foreach $x in [] }}{{ foreach $x in [] }}", 1, 34, "$x is declared already"),
        ("{{ var $given = 1 }}", 1, 8, "$given is declared already"),
        ("{{ foreach $given in [] }}", 1, 12, "$given is declared already"),
        ("{{ $given = 1 }}", 1, 4, "$given cannot be changed"),
        ("{{ var $wsMine = 1 }}", 1, 8, "$wsMine: names that begin with $ws are for modules"),
        ("{{ var $x }}", 1, 11, '"=" is expected, not the end of the instruction'),
        ("{{ var x = 1 }}", 1, 8, 'a variable is expected, not "x"'),
        ("{{ $given.a = 1 }}", 1, 13, 'the instruction should end here, not go on with "="'),
        ("a\n {{ if 1 }}", 2, 2, '"if" is not closed: "/if" is missing'),
        ("{{ foreach $x in [] }}{{ if 1 }}{{ /if }}", 1, 1, '"foreach" is not closed: "/foreach" is missing'),
        ("{{ if 1 }}{{ else }}", 1, 1, '"if" is not closed: "/if" is missing'),
        ("{{ switch 1 }}", 1, 1, '"switch" is not closed: "/switch" is missing'),
        ("{{ if 1 }}\n{{ /foreach }}", 2, 1, '"/foreach" stands where "/if" is expected'),
        ("{{ /if }}", 1, 1, '"/if" closes nothing: no "if" is open'),
        ("{{ /while }}", 1, 1, 'there is no block "while" to close'),
        ("{{ if 1 }}{{ /if 1 }}", 1, 18, 'nothing follows "/if"'),
        ("{{ while 1 }}", 1, 1, 'there is no instruction "while"'),
        ("{{ foo }}", 1, 1, 'there is no instruction "foo"'),
        ("{{ }}", 1, 1, "the instruction is empty"),
        ("{{ else }}", 1, 1, '"else" stands outside of "if"'),
        ("{{ elseif 1 }}", 1, 1, '"elseif" stands outside of "if"'),
        ("{{ case 1 }}", 1, 1, '"case" stands outside of "switch"'),
        ("{{ default }}", 1, 1, '"default" stands outside of "switch"'),
        ("{{ if 1 }}{{ foreach $x in [] }}{{ else }}", 1, 33, '"else" stands outside of "if"'),
        ("{{ if 1 }}{{ else }}{{ else }}{{ /if }}", 1, 21, 'a second "else" is not allowed'),
        ("{{ if 1 }}{{ else }}{{ elseif 1 }}{{ /if }}", 1, 21, '"elseif" behind "else" is not allowed'),
        ("{{ switch 1 }}{{ default }}{{ default }}", 1, 28, 'a second "default" is not allowed'),
        ("{{ switch 1 }}{{ default }}{{ case 1 }}", 1, 28, '"case" behind "default" is not allowed'),
        ("{{ if 1 }}{{ else if 1 }}", 1, 19, 'the instruction should end here, not go on with "if"'),
        ("{{ switch 1 }}a{{ case 1 }}", 1, 1, 'something stands between "switch" and its first "case"'),
        ("{{ foreach $x of [] }}", 1, 15, '"in" is expected, not "of"'),
        ('{{ block "a" }}{{ /block }}{{ block "a" }}', 1, 28, 'there is a block "a" already'),
        ("{{ block a }}", 1, 10, "the name of the block is expected as a string"),
        ('{{ block "a" append }}', 1, 14, '"append" is not supported in feeds'),
        ('{{ extends "base" }}', 1, 1, '"extends" is not supported in feeds'),
        ('{{ include "x" }}', 1, 1, '"include" is not supported in feeds'),
        ('{{ autoescape "css" }}', 1, 1, 'there is no mode "css": "html", "js"'),
        ("{{= }}", 1, 5, "a value is expected, not the end of the instruction"),
        ("{{= 1 2 }}", 1, 7, 'the instruction should end here, not go on with "2"'),
        ("{{= (1 }}", 1, 8, '")" is expected, not the end of the instruction'),
        ("{{= 1 +\n * 2 }}", 2, 2, 'a value is expected, not "*"'),
        ("{{= 1 < 2 < 3 }}", 1, 11, "comparisons cannot be chained: use parentheses or and"),
        ("{{= abc }}", 1, 5, '"abc" is no value: variables begin with $, strings stand in quotes'),
        (
            "{{= $given.0 }}",
            1,
            12,
            'a name is expected after the dot, not "0": elements of a list are read with [ ]',
        ),
        ("{{= $given(1) }}", 1, 11, "a variable cannot be called"),
        ("{{= $given.a.b() }}", 1, 14, "only modules have methods"),
        ("{{= 99999999999999999999 }}", 1, 5, "the number is too large"),
        ("{{= 1 && 2 }}", 1, 7, "'&' has no meaning here: write \"and\""),
        ("{{= $ }}", 1, 5, "'$' has no meaning here: a name follows $"),
        ("\n\n  {{= 1", 3, 3, 'the instruction is not closed: "}}" is missing'),
        ("{{= 'abc }}", 1, 5, "the string is not closed"),
        ("ab\ud800", 1, 3, "half of a character (a lone surrogate) stands here"),
        ("{{= true = 1 }}", 1, 10, 'the instruction should end here, not go on with "="'),
    ],
)
def test_a_compile_error_says_what_is_wrong_and_where(compile_error, source, line, column, message):
    error = compile_error(source, "given")
    assert (error.message, error.line, error.column) == (message, line, column)
    assert str(error) == f"line {line}, column {column}: {message}"


def test_a_long_name_does_not_fill_the_message(compile_error):
    assert len(compile_error("{{= $" + "x" * 10_000 + " }}").message) < 100


def test_all_errors_have_one_root():
    assert issubclass(CompileError, TemplateError)
    assert issubclass(LimitExceeded, RenderError)
    assert issubclass(RenderError, TemplateError)


def test_a_variable_that_is_given_but_not_there_is_null(render):
    from mockserver.websale.language import compile_template

    assert "".join(compile_template("{{= $a == null }}", ["a"]).render({})) == "true"
