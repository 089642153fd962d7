import pytest

from mockserver.websale.language import compile_template


def test_text_is_written_as_it_is(render):
    assert render("id;name\r\n<b> } }} { 100% %% &amp;\n") == "id;name\r\n<b> } }} { 100% %% &amp;\n"


def test_an_empty_template_writes_nothing(render):
    assert render("") == ""


def test_output_is_escaped_for_html(render):
    assert render("{{= $x }}", x='<a href="b">&\'') == "&lt;a href=&quot;b&quot;&gt;&amp;&#x27;"


def test_raw_output_is_not_escaped(render):
    assert render("{{! $x }}", x="<b>&") == "<b>&"


def test_raw_output_may_end_with_an_exclamation_mark(render):
    assert render("{{! $x !}}|", x="<b>") == "<b>|"


def test_a_blank_may_stand_before_the_mark(render):
    assert render("{{ = $x }}{{ ! $x }}", x="<") == "&lt;<"


def test_an_instruction_without_mark_writes_nothing(render):
    assert render("{{ $x }}{{ upper($x) }}", x="a") == ""


def test_an_instruction_may_span_lines(render):
    assert render("{{=\n  $x\n}}", x="a") == "a"


def test_a_string_may_hold_the_end_of_an_instruction(render):
    assert render('{{! "{{ }}" }}') == "{{ }}"


def test_single_and_double_quotes_are_equivalent(render):
    assert render("""{{! 'say "a"' }}{{! "it's" }}""") == """say "a"it's"""


@pytest.mark.parametrize(
    ("written", "meant"),
    [(r"\n", "\n"), (r"\t", "\t"), (r"\"", '"'), (r"\\", "\\"), (r"\d", r"\d")],
    ids=["newline", "tab", "quote", "backslash", "unknown stays"],
)
def test_strings_know_escapes(render, written, meant):
    assert render(f'{{{{! "{written}" }}}}') == meant


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-5, "-5"),
        (1.5, "1.5"),
        (2.0, "2"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (1e300, "1" + "0" * 300),
        ([], "[]"),
        ({}, "{}"),
        ([1, "ä", None], '[1,"ä",null]'),
        ({"a": {"b": True}}, '{"a":{"b":true}}'),
    ],
    ids=repr,
)
def test_values_have_one_written_form(render, value, text):
    assert render("{{! $x }}", x=value) == text


def test_text_snippets_are_put_in_unescaped():
    template = compile_template("<h1>%%Title%%</h1>", ())
    assert "".join(template.render({}, snippets={"Title": "A & B"})) == "<h1>A & B</h1>"


def test_text_snippets_may_come_from_a_function():
    template = compile_template("%%a.b-c%%", ())
    assert "".join(template.render({}, snippets=lambda name: name.upper())) == "A.B-C"


def test_an_unknown_text_snippet_stays_visible():
    template = compile_template("%%Nothing%%", ())
    assert "".join(template.render({}, snippets=lambda name: None)) == "%%Nothing%%"


def test_a_text_snippet_is_text_even_if_it_looks_like_a_template():
    template = compile_template("%%a%%", ())
    assert "".join(template.render({}, snippets={"a": "{{= 1 }}%%a%%"})) == "{{= 1 }}%%a%%"


def test_percent_signs_alone_are_text(render):
    assert render("50%% of 100%%, %%") == "50%% of 100%%, %%"


def test_autoescape_js_escapes_for_strings_of_scripts(render):
    source = '{{ autoescape "js" }}{{= $x }}{{! $x }}{{ /autoescape }}{{= $x }}'
    assert render(source, x="'<\n") == r"\u0027\u003C\u000A" + "'<\n" + "&#x27;&lt;\n"


def test_autoescape_html_can_be_nested_in_js(render):
    source = (
        '{{ autoescape "js" }}{{ autoescape "html" }}{{= "<" }}{{ /autoescape }}{{= "<" }}{{ /autoescape }}'
    )
    assert render(source) == r"&lt;\u003C"


def test_a_template_can_be_rendered_again_and_again():
    template = compile_template("{{ var $n = 1 }}{{ $n = $n + 1 }}{{= $n }}", ())
    assert ["".join(template.render({})) for _ in range(3)] == ["2", "2", "2"]


def test_a_template_tells_which_given_variables_it_uses():
    assert compile_template("{{= $a }}{{ var $b = 1 }}{{= $b }}", ("$a", "c")).uses == {"a"}
