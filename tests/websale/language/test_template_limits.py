import itertools

import pytest

from mockserver.websale.language import LimitExceeded, Limits, compile_template


class Ticking:
    """Be a clock that advances by ``step`` whenever somebody looks."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def rendering(source, limits, elapsed=None, **variables):
    return compile_template(source, variables).render(variables, limits, elapsed)


@pytest.mark.parametrize(
    ("source", "limit", "allowed"),
    [
        ("{{ foreach $a in $forever }}{{ /foreach }}", "iterations", 1000),
        ("{{ foreach $a in $l }}{{ foreach $b in $l }}{{ /foreach }}{{ /foreach }}", "iterations", 1000),
        ("{{ foreach $a in $forever }}xx{{ /foreach }}", "output_bytes", 500),
        ("{{ foreach $a in $l }}äää{{ /foreach }}", "output_bytes", 500),
        ("{{= $text }}{{= $text }}", "output_bytes", 500),
        ("{{ var $x = 'a' }}{{ foreach $a in $forever }}{{ $x = $x + $x }}{{ /foreach }}", "value_size", 300),
        ("{{ var $x = [1] }}{{ foreach $a in $forever }}{{ $x = $x + $x }}{{ /foreach }}", "value_size", 300),
        (
            "{{ var $x = [1] }}{{ foreach $a in $forever }}{{ $x = merge($x, ['abc']) }}{{ /foreach }}",
            "value_size",
            300,
        ),
        ("{{ var $x = replace($text, 't', $text) }}", "value_size", 300),
        ("{{ var $x = join($l, $text) }}", "value_size", 300),
        ("{{ var $x = json($l) }}", "value_size", 300),
        ("{{ var $x = split($text, 't') }}", "value_size", 300),
        ("{{ var $x = $text | url | url | url }}", "value_size", 300),
        ("{{ var $x = [$text, $text] }}", "value_size", 300),
        ("{{= 1 in $l }}", "value_size", 300),
        (
            "{{ var $a = $text }}{{ var $b = $text }}{{ var $c = $text }}{{ var $d = $text }}",
            "held_size",
            700,
        ),
        ("{{ if 1 }}{{ if 1 }}{{ if 1 }}{{ if 1 }}{{ /if }}{{ /if }}{{ /if }}{{ /if }}", "nesting", 3),
    ],
)
def test_what_wants_too_much_ends_with_the_limit(source, limit, allowed):
    limits = Limits(iterations=1000, nesting=3, output_bytes=500, seconds=600, value_size=300, held_size=700)
    given = {"forever": itertools.count(), "l": list(range(200)), "text": "te/t" * 65}
    with pytest.raises(LimitExceeded) as caught:
        list(rendering(source, limits, **given))
    assert (caught.value.limit, caught.value.allowed) == (limit, allowed)
    assert str(allowed) in caught.value.reason


def test_what_just_fits_is_rendered():
    limits = Limits(iterations=3, nesting=1, output_bytes=6, value_size=24, held_size=24)
    chunks = rendering("{{ var $l = ['','',''] }}{{ foreach $a in $l }}ä{{ /foreach }}", limits)
    assert "".join(chunks) == "äää"


def test_memory_is_given_back_when_a_variable_is_overwritten():
    source = "{{ var $x = '' }}{{ foreach $a in $l }}{{ $x = $text + 'b' }}{{ /foreach }}ok"
    assert "".join(rendering(source, Limits(held_size=100), l=[1] * 50, text="a" * 50)) == "ok"


def test_an_endless_loop_ends_when_the_time_is_over():
    chunks = rendering(
        "{{ foreach $a in $forever }}{{ /foreach }}",
        Limits(seconds=5),
        Ticking(0.1),
        forever=itertools.count(),
    )
    with pytest.raises(LimitExceeded, match="rendering takes longer than 5 seconds"):
        list(chunks)


def test_straight_work_ends_too_when_the_time_is_over():
    chunks = rendering("{{ var $x = 1 }}" + "{{ $x = $x + 1 }}" * 100, Limits(seconds=5), Ticking(0.1))
    with pytest.raises(LimitExceeded, match="5 seconds"):
        list(chunks)


def test_who_takes_chunks_slowly_uses_no_time_of_the_template():
    clock = Ticking(0.0)
    chunks = rendering(
        "{{ foreach $a in $l }}" + "x" * 70_000 + "{{ /foreach }}", Limits(seconds=5), clock, l=[1, 2, 3]
    )
    for _ in chunks:
        clock.now += 100


def test_nothing_happens_before_the_first_chunk_is_asked_for():
    seen = []
    chunks = rendering(
        "{{ foreach $a in $l }}{{= $a }}{{ /foreach }}", Limits(), l=(seen.append(n) for n in range(3))
    )
    assert seen == []
    assert "".join(chunks) == ""
    assert seen == [0, 1, 2]


def test_a_big_feed_comes_in_chunks_while_its_list_is_read():
    read = []

    def products():
        for number in range(1000):
            read.append(number)
            yield {"text": "x" * 1000}

    chunks = rendering(
        "{{ foreach $p in $products }}{{= $p.text }}{{ /foreach }}", Limits(), products=products()
    )
    assert 65_536 <= len(next(chunks)) < 70_000
    assert len(read) < 100
    assert 10 < len(list(chunks)) < 20


def test_inner_loops_come_in_chunks_too():
    inner = "{{ foreach $p in $l }}{{= $p }}{{ /foreach }}"
    source = "{{ if true }}{{ foreach $a in [1] }}" + inner + "{{ /foreach }}{{ /if }}"
    chunks = rendering(source, Limits(), l=("x" * 1000 for _ in range(1000)))
    assert max(map(len, chunks)) < 70_000


def test_a_long_body_without_loops_comes_in_chunks_too():
    source = "{{ if true }}" + "{{= $big }}" * 100 + "{{ /if }}"
    assert max(map(len, rendering(source, Limits(), big="x" * 60_000))) < 130_000
