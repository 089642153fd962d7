from contextlib import suppress

import pytest

from mockserver.websale.language import CompileError, Limits, RenderError, compile_template

MANY = 10_000

TOO_DEEP = {
    "parentheses": "{{= " + "(" * MANY + "1" + ")" * MANY + " }}",
    "brackets": "{{= " + "[" * MANY + "]" * MANY + " }}",
    "indices": "{{= " + "$x[" * MANY + "0" + "]" * MANY + " }}",
    "calls": "{{= " + "upper(" * MANY + "'a'" + ")" * MANY + " }}",
    "methods": "{{= " + "$x.load(" * MANY + "1" + ")" * MANY + " }}",
    "modifiers": "{{= 1 " + "| default(1 " * MANY + ")" * MANY + " }}",
    "not": "{{= " + "not " * MANY + "1 }}",
    "minus": "{{= " + "-" * MANY + "1 }}",
    "if": "{{ if 1 }}" * MANY,
    "closed ifs": "{{ if 1 }}" * MANY + "{{ /if }}" * MANY,
    "foreach": "".join(f"{{{{ foreach $l{n} in $x }}}}" for n in range(MANY)),
    "switch": "{{ switch 1 }}{{ case 1 }}" * MANY,
    "blocks": "".join(f'{{{{ block "{n}" }}}}' for n in range(MANY)),
    "escapes": '{{ autoescape "js" }}' * MANY,
}


@pytest.mark.parametrize("source", TOO_DEEP.values(), ids=TOO_DEEP)
def test_depth_is_refused_when_compiling(source):
    with pytest.raises(CompileError, match="nested more than"):
        compile_template(source, ["x"])


LONG_BUT_FLAT = {
    "sum": "{{= 1" + " + 1" * MANY + " }}",
    "product": "{{= 1" + " * 1" * MANY + " }}",
    "or": "{{= 0" + " or 0" * MANY + " }}",
    "and": "{{= 1" + " and 1" * MANY + " }}",
    "path": "{{= $x" + ".a" * MANY + "[0]" * MANY + " }}",
    "modifiers": "{{= 1" + " | str" * MANY + " }}",
    "list": "{{= length([1" + ", 1" * MANY + "]) }}",
    "elseif": "{{ if 0 }}" + "{{ elseif 0 }}" * MANY + "{{ /if }}",
    "cases": "{{ switch 1 }}" + "{{ case 2 }}" * MANY + "{{ /switch }}",
    "variables": "".join(f"{{{{ var $v{n} = {n} }}}}" for n in range(MANY)),
    "snippets": "%%a%%" * MANY,
    "open snippets": "%%a" * MANY,
    "braces": "{ }} " * MANY,
}


@pytest.mark.parametrize("source", LONG_BUT_FLAT.values(), ids=LONG_BUT_FLAT)
def test_length_is_no_depth(render, source):
    render(source, x=None)


@pytest.mark.parametrize(
    "nested",
    [
        "(0 or 1 and 1 == 2 - 3 * X)",
        "(0 or 1 and not 1 == - int(X | default(1)))",
        "upper(1 or 1 and X)",
        "$x[X]",
    ],
)
def test_the_deepest_template_that_compiles_renders_too(nested):
    def compiled(expression):
        inside = "{{ if 1 }}" * 20 + "{{= " + expression + " }}" + "{{ /if }}" * 20
        loops = "".join(f"{{{{ foreach $l{n} in [1] }}}}" for n in range(20))
        return compile_template(loops + inside + "{{ /foreach }}" * 20, ["x"])

    expression, deepest = "$x", compiled("$x")
    with suppress(CompileError):
        while True:
            expression = nested.replace("X", expression)
            deepest = compiled(expression)
    with suppress(RenderError):
        list(deepest.render({"x": None}))


@pytest.mark.parametrize(
    "source",
    [
        "{{= " + " " * 400_000,
        "{{= '" + "a" * 400_000,
        "{{= '" + "\\'" * 200_000,
        "{{" * 200_000,
        "%%a" * 130_000,
    ],
    ids=["blanks", "open string", "open string of escapes", "braces", "percent"],
)
def test_long_rubbish_is_judged_at_once(source):
    with suppress(CompileError):
        compile_template(source, ())


def test_a_template_has_a_longest_length(compile_error):
    assert compile_error("x" * 500_001).message == "the template is longer than 500000 characters"


def test_tags_without_end_are_stripped_in_linear_time(render):
    assert render("{{= $x | striptags | length }}", x="<" * 1_000_000) == "1000000"


@pytest.mark.parametrize(
    "growth",
    [
        "$x + $x",
        "merge($x, $x)",
        "[$x]",
        "$x | json",
        "join([$x, $x], 'ab')",
        "replace($x, 'a', $x)",
        "$x | url | url",
    ],
)
@pytest.mark.parametrize("start", ["'a%'", "['a']"])
def test_nothing_grows_without_end(growth, start):
    source = "{{ var $x = " + start + " }}{{ foreach $i in $l }}{{ $x = " + growth + " }}{{ /foreach }}"
    limits = Limits(iterations=300, value_size=10_000, seconds=600)
    with pytest.raises(RenderError):
        list(compile_template(source, ["l"]).render({"l": range(1_000_000)}, limits))


def test_a_list_of_many_large_values_cannot_be_built():
    source = "{{ var $l = [] }}{{ foreach $i in $n }}{{ $l = merge($l, [$big + str($i)]) }}{{ /foreach }}"
    with pytest.raises(RenderError, match="a value is larger than 1000000 characters"):
        list(
            compile_template(source, ["n", "big"]).render(
                {"n": range(1000), "big": "x" * 100_000}, Limits(seconds=600)
            )
        )


def test_templates_are_never_executed(render):
    source = "{{! '__import__(\"os\")' }}{{! '%(a)s {a} ${a} \\x41' }}"
    assert render(source) == '__import__("os")%(a)s {a} ${a} \\x41'
