import pytest


def str_of(value):
    return type(value).__name__ + ("" if hasattr(value, "__next__") else repr(value))


def test_a_variable_keeps_what_it_was_declared_with(render):
    assert render("{{ var $x = 10 }}{{= $x }}") == "10"


def test_a_variable_can_be_assigned_anew(render):
    assert render("{{ var $x = 10 }}{{ $x = $x + 32 }}{{= $x }}") == "42"


def test_a_variable_declared_in_a_branch_that_is_not_taken_is_null(render):
    assert render("{{ if false }}{{ var $x = 1 }}{{ /if }}{{= $x == null }}") == "true"


@pytest.mark.parametrize(("gender", "text"), [("male", "Mr."), ("female", "Ms."), ("", "Sir or Madam")])
def test_if_takes_the_first_branch_that_holds(render, gender, text):
    source = '{{ if $g == "male" }}Mr.{{ elseif $g == "female" }}Ms.{{ else }}Sir or Madam{{ /if }}'
    assert render(source, g=gender) == text


@pytest.mark.parametrize("value", [None, False, 0, 0.0, "", [], {}], ids=repr)
def test_nothing_does_not_hold(render, value):
    assert render("{{ if $x }}yes{{ else }}no{{ /if }}", x=value) == "no"


@pytest.mark.parametrize("value", [True, 1, -0.5, "0", "false", [None], {"a": None}, iter(())], ids=str_of)
def test_something_holds(render, value):
    assert render("{{ if $x }}yes{{ else }}no{{ /if }}", x=value) == "yes"


def test_if_without_else_may_write_nothing(render):
    assert render("a{{ if false }}b{{ /if }}c") == "ac"


@pytest.mark.parametrize(("gender", "text"), [("male", "Mr."), ("female", "Ms."), (None, "-")])
def test_switch_takes_the_case_that_equals(render, gender, text):
    source = '{{ switch $g }}\n {{ case "male" }}Mr.{{ case "female" }}Ms.{{ default }}-{{ /switch }}'
    assert render(source, g=gender) == text


def test_switch_without_matching_case_writes_nothing(render):
    assert render("{{ switch 1 }}{{ case 2 }}b{{ /switch }}") == ""


def test_switch_does_not_fall_through_to_an_equal_case(render):
    assert render("{{ switch 1 }}{{ case 1 }}a{{ case 1 }}b{{ /switch }}") == "a"


def test_cases_are_equal_only_within_their_type(render):
    assert render('{{ switch 1 }}{{ case true }}b{{ case "1" }}s{{ case 1.0 }}n{{ /switch }}') == "n"


def test_foreach_goes_through_a_list(render):
    assert render("{{ foreach $p in $l }}[{{= $p.n }}]{{ /foreach }}", l=[{"n": 1}, {"n": 2}]) == "[1][2]"


@pytest.mark.parametrize("nothing", [None, [], {}, iter(())], ids=str_of)
def test_foreach_over_nothing_writes_nothing(render, nothing):
    assert render("a{{ foreach $p in $l }}b{{ /foreach }}c", l=nothing) == "ac"


def test_foreach_over_a_map_gives_its_keys(render):
    assert (
        render("{{ foreach $k in $m }}{{= $k }}={{= $m[$k] }};{{ /foreach }}", m={"a": 1, "b": 2})
        == "a=1;b=2;"
    )


def test_foreach_takes_lazy_lists_element_by_element(render):
    assert render("{{ foreach $p in $l }}{{= $p }},{{ /foreach }}", l=(n * n for n in range(4))) == "0,1,4,9,"


def test_loops_nest(render):
    source = "{{ foreach $a in $l }}{{ foreach $b in $l }}{{= $a * $b }} {{ /foreach }}|{{ /foreach }}"
    assert render(source, l=[1, 2]) == "1 2 |2 4 |"


def test_the_name_of_a_loop_variable_is_free_again_behind_the_loop(render):
    source = "{{ foreach $p in $l }}{{= $p }}{{ /foreach }}{{ foreach $p in $l }}{{= $p }}{{ /foreach }}"
    assert render(source, l=[1, 2]) == "1212"


def test_a_declaration_in_a_loop_starts_anew_with_each_pass(render):
    source = "{{ foreach $p in $l }}{{ var $n = 0 }}{{ $n = $n + $p }}{{= $n }}{{ /foreach }}"
    assert render(source, l=[1, 2]) == "12"


def test_a_variable_from_outside_adds_up_over_a_loop(render):
    source = "{{ var $n = 0 }}{{ foreach $p in $l }}{{ $n = $n + $p }}{{ /foreach }}{{= $n }}"
    assert render(source, l=[1, 2, 3]) == "6"


def test_blocks_nest_in_each_other(render):
    source = (
        "{{ foreach $n in $l }}{{ if $n > 1 }}{{ switch $n }}{{ case 2 }}two{{ default }}"
        "{{ if $n == 3 }}three{{ /if }}{{ /switch }}{{ else }}one{{ /if }} {{ /foreach }}"
    )
    assert render(source, l=[1, 2, 3, 4]) == "one two three  "


def test_a_named_block_writes_its_content(render):
    assert render('a{{ block "main" }}{{= 1 }}{{ /block }}b') == "a1b"


@pytest.mark.parametrize(
    ("value", "what"), [("text", "a string"), (5, "a number"), (object(), "a value that")]
)
def test_foreach_refuses_what_is_no_list(refusal, value, what):
    reason = refusal("{{ foreach $p in $x }}{{ /foreach }}", x=value).reason
    assert reason.startswith(f"foreach needs a list, not {what}")


def test_what_can_be_read_only_once_is_not_silently_empty_the_second_time(refusal):
    source = "{{ foreach $p in $l }}{{ /foreach }}\n{{ foreach $p in $l }}{{ /foreach }}"
    error = refusal(source, l=iter([1]))
    assert (error.reason, error.line) == ("this list can be walked only once", 2)


@pytest.mark.parametrize(
    "source",
    [
        "{{ if true }}\n{{= 1 / 0 }}{{ /if }}",
        "{{ if false }}\n{{ elseif 1 / 0 }}{{ /if }}",
        "{{ switch 1 }}\n{{ case 1 / 0 }}{{ /switch }}",
        "{{ foreach $x in [1] }}\n{{= 1 / 0 }}{{ /foreach }}",
        "\n{{ foreach $x in 1 / 0 }}{{ /foreach }}",
        "\n{{ var $x = \n 1 / 0 }}",
        "{{ foreach $x in [1] }}{{ if true }}\n{{= 1 / 0 }}{{ /if }}{{ /foreach }}",
    ],
)
def test_a_render_error_names_the_line_of_its_instruction(refusal, source):
    assert refusal(source).line == 2
