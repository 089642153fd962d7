from collections.abc import Callable

import pytest

from mockserver.websale.language import CompileError, Limits, RenderError, compile_template

#: Far above what any of these tests needs, so that a busy machine fails none.
GENEROUS = Limits(seconds=600)


@pytest.fixture
def render() -> Callable[..., str]:
    """Compile and render a template with the given variables."""

    def render(source: str, limits: Limits = GENEROUS, **variables: object) -> str:
        return "".join(compile_template(source, variables).render(variables, limits))

    return render


@pytest.fixture
def refusal(render: Callable[..., str]) -> Callable[..., RenderError]:
    """Give the error that rendering ends with."""

    def refusal(source: str, limits: Limits = GENEROUS, **variables: object) -> RenderError:
        with pytest.raises(RenderError) as caught:
            render(source, limits, **variables)
        return caught.value

    return refusal


@pytest.fixture
def compile_error() -> Callable[..., CompileError]:
    """Give the error that compiling ends with; ``variables`` are declared from outside."""

    def compile_error(source: str, *variables: str) -> CompileError:
        with pytest.raises(CompileError) as caught:
            compile_template(source, variables)
        return caught.value

    return compile_error
