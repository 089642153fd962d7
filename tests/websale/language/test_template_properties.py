import html
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.websale.language import (
    FUNCTIONS,
    Limits,
    Module,
    TemplateError,
    by_id,
    compile_template,
)

LIMITS = Limits(iterations=500, output_bytes=50_000, value_size=5_000, held_size=20_000, seconds=600)
SIGNS = ["{{", "{{=", "{{!", "}}", "!}}", "%%Text%%", "text", "<", "&", "é", "\n"]
WORDS = [
    "if",
    "elseif",
    "else",
    "/if",
    "switch",
    "case",
    "default",
    "/switch",
    "foreach",
    "in",
    "/foreach",
    "block",
]
WORDS += ["/block", "autoescape", "/autoescape", "var", "$a", "$b", "$products", "$wsProducts", "$wsConfig"]
WORDS += ["=", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "(", ")", "[", "]", ".", ",", "|"]
WORDS += ["and", "or", "not", "true", "false", "null", "0", "1", "2.5", "9223372036854775807", "'x'", '"js"']
WORDS += ["load", "name", "__class__", "content=", "search=", *FUNCTIONS]
SNIPPED = st.lists(st.sampled_from(SIGNS + WORDS), max_size=40).map(" ".join)
TAGS = st.lists(
    st.tuples(st.sampled_from(["{{ ", "{{= ", "{{! "]), st.lists(st.sampled_from(WORDS), max_size=8)).map(
        lambda tag: tag[0] + " ".join(tag[1]) + " }}"
    ),
    max_size=8,
).map("".join)


def context():
    product = {"name": "Näme <b>", "price": "1.50", "n": 3, "list": [1, "a"], "map": {"x": None}}
    return {
        "products": [product, {}],
        "wsProducts": Module({"load": by_id(lambda number: product, "productId")}),
        "wsConfig": Module(variables={"name": {"a": [1.5, True]}}),
    }


def attempt(source):
    try:
        "".join(compile_template(source, context()).render(context(), LIMITS, snippets={"Text": "<i>"}))
    except TemplateError as error:
        return str(error)
    return "rendered"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text() | SNIPPED | TAGS)
def test_any_text_is_rendered_or_refused(source):
    assert attempt(source)


VALUES = st.sampled_from(
    [
        "1",
        "0",
        "-2.5",
        "'a'",
        "''",
        "null",
        "true",
        "[1, 'b']",
        "$products",
        "$p",
        "$p.name",
        "$p.list",
        "$wsConfig",
        "$v",
    ]
)


def _combined(inner):
    return st.one_of(
        st.tuples(
            inner,
            st.sampled_from(["+", "-", "*", "/", "%", "==", "<", ">=", "in", "not in", "and", "or"]),
            inner,
        ).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(st.sampled_from(["not", "-"]), inner).map(lambda parts: f"({parts[0]} {parts[1]})"),
        st.tuples(
            inner,
            st.sampled_from(["str", "json", "length", "int", "csv", "upper", "default('q')", "round(1)"]),
        ).map(lambda parts: f"({parts[0]} | {parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}, {parts[1]}]"),
        st.tuples(inner, inner).map(lambda parts: f"merge({parts[0]}, {parts[1]})"),
        inner.map(lambda index: f"$p.list[{index}]"),
        inner.map(lambda index: f"$p[{index}]"),
    )


EXPRESSIONS = st.recursive(VALUES, _combined, max_leaves=12)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EXPRESSIONS, min_size=1, max_size=4))
def test_any_sound_expression_has_a_value_or_a_reason(expressions):
    body = "".join(f"{{{{= {expression} }}}}{{{{ $v = {expression} }}}}" for expression in expressions)
    source = "{{ var $v = 1 }}{{ foreach $p in $products }}" + body + "{{ /foreach }}"
    compile_template(source, context())
    assert attempt(source)


class Model:
    """Write templates together with what they must give, without any of the language's own code."""

    words = st.text("ab<&\"'ä {}%", max_size=5).filter(lambda word: "{{" not in word and "%%" not in word)
    names = st.sampled_from(["a", "b", "c"])

    @classmethod
    def programs(cls):
        leaf = st.one_of(
            cls.words.map(lambda word: ("text", word.replace("{", "").replace("%", ""))),
            cls.names.map(lambda name: ("out", name)),
            cls.names.map(lambda name: ("raw", name)),
            st.tuples(cls.names, st.integers(0, 99)).map(lambda pair: ("set", *pair)),
            st.tuples(cls.names, cls.names).map(lambda pair: ("sum", *pair)),
        )
        return st.recursive(
            st.lists(leaf, max_size=4),
            lambda inner: st.lists(
                leaf
                | st.tuples(st.just("if"), cls.names, st.integers(0, 50), inner, inner)
                | st.tuples(st.just("each"), st.lists(cls.words, max_size=3), inner)
                | st.tuples(
                    st.just("switch"),
                    cls.names,
                    st.lists(st.tuples(st.integers(0, 9), inner), max_size=3),
                    inner,
                ),
                max_size=4,
            ),
            max_leaves=15,
        )

    def __init__(self):
        self.loops = 0

    def source(self, program):
        return "".join(getattr(self, f"_source_{step[0]}")(*step[1:]) for step in program)

    def _source_text(self, word):
        return word

    def _source_out(self, name):
        return f"{{{{= ${name} }}}}"

    def _source_raw(self, name):
        return f"{{{{! ${name} !}}}}"

    def _source_set(self, name, number):
        return f"{{{{ ${name} = {number} }}}}"

    def _source_sum(self, name, other):
        return f"{{{{ ${name} = (${name} + ${other}) % 100 }}}}"

    def _source_if(self, name, number, yes, no):
        return (
            f"{{{{ if ${name} > {number} }}}}{self.source(yes)}{{{{ else }}}}{self.source(no)}{{{{ /if }}}}"
        )

    def _source_each(self, words, inner):
        self.loops += 1
        name = f"loop{self.loops}"
        items = json.dumps(words, ensure_ascii=False)
        return f"{{{{ foreach ${name} in {items} }}}}{{{{= ${name} }}}}{self.source(inner)}{{{{ /foreach }}}}"

    def _source_switch(self, name, cases, otherwise):
        written = "".join(f"{{{{ case {number} }}}}{self.source(inner)}" for number, inner in cases)
        default = f"{{{{ default }}}}{self.source(otherwise)}"
        return f"{{{{ switch ${name} % 10 }}}} {written}{default}{{{{ /switch }}}}"

    def run(self, program, values):
        return "".join(self._step(step, values) for step in program)

    def _step(self, step, values):
        match step:
            case ("text", word):
                return word
            case ("out" | "raw", name):
                return str(values[name])
            case ("set", name, number):
                values[name] = number
            case ("sum", name, other):
                values[name] = (values[name] + values[other]) % 100
            case ("if", name, number, yes, no):
                return self.run(yes if values[name] > number else no, values)
            case ("each", words, inner):
                return "".join(html.escape(word) + self.run(inner, values) for word in words)
            case ("switch", name, cases, otherwise):
                chosen = (inner for number, inner in cases if number == values[name] % 10)
                return self.run(next(chosen, otherwise), values)
        return ""


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(Model.programs())
def test_templates_do_what_a_naive_model_does(program):
    model = Model()
    source = "{{ var $a = 1 }}{{ var $b = 20 }}{{ var $c = 60 }}" + model.source(program)
    expected = model.run(program, {"a": 1, "b": 20, "c": 60})
    assert "".join(compile_template(source, ()).render({}, Limits(seconds=600))) == expected
