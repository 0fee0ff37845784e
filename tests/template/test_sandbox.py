from __future__ import annotations

import json
import re
import resource
import time

import pytest

from merge.errors import TemplateError
from merge.model import Cell, CellKind, Problem
from merge.sheet.columns import Column, Header
from merge.sheet.values import TemplateValue, template_value
from merge.template.bind_json import bind
from merge.template.bind_text import bind_text
from merge.template.document import TextTemplate, parse_template
from merge.template.render_json import FilledIn

HEADER = Header(1, (Column(1, "A", "a", "a"), Column(2, "N", "n", "n")), 2, sheet="People")


def _outcome(script: str) -> FilledIn | tuple[Problem, ...]:
    project = {"name": "Hello", "scenes": [{"clips": [{"script": {"org": script}}]}]}
    binding = bind(parse_template(json.dumps(project), "t.json"), HEADER, {})
    return binding.renderer.render(binding.names.context(_values()))


def _values() -> dict[int, TemplateValue]:
    return {
        1: template_value(Cell(CellKind.TEXT, "Ana"), address="People!A2", header="A"),
        2: template_value(Cell(CellKind.NUMBER, 7), address="People!B2", header="N"),
    }


def _text(script: str) -> str:
    outcome = _outcome(script)
    assert isinstance(outcome, FilledIn), outcome
    return outcome.strings["$.scenes[0].clips[0].script.org"]


TOO_LARGE = [
    "{{ 'x' * 10**9 }}",
    "{{ 10**9 * 'x' }}",
    "{{ a * 10**9 }}",
    "{{ [0] * 10**9 }}",
    "{{ ['x' * 9999] * 10**5 }}",
    "{{ 10**(10**10) }}",
    "{{ n ** (10**9) }}",
    "{{ (10**3000) * (10**3000) }}",
    "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
    "{% for i in range(100000) %}{% for j in range(100000) if false %}{% endfor %}{% endfor %}",
    "{% for i in range(10**9) %}x{% endfor %}",
    "{% for i in range(100000) %}a static text that is quite long {{ i }}{% endfor %}",
    "{% for i in range(999) %}{{ a | center(9999) }}{% endfor %}",
    "{{ a | center(10**9) }}",
    "{{ a.center(10**9) }}",
    "{{ a.ljust(10**9) }}{{ a.rjust(10**9) }}",
    "{{ a.zfill(10**9) }}",
    "{{ 'a\\tb'.expandtabs(10**9) }}",
    "{{ ('\\t' * 9999).expandtabs(99999) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%.1000000000f' % 1 }}",
    "{{ '%*d' % (10**9, 1) }}",
    "{{ '%(a)1000000000d' % {'a': 1} }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{:{}}'.format(1, 10**9) }}",
    "{{ '{0:{1}}'.format_map({'0': 1, '1': 10**9}) }}",
    "{{ ('%(a)s' * 9999) % {'a': 'x' * 9999} }}",
    "{{ ('%(a)s' * 9999) | format(a='x' * 9999) }}",
    "{{ ('{0}' * 9999).format('x' * 9999) }}",
    "{{ ('x' * 9999).replace('', 'y' * 9999) }}",
    "{{ ('x' * 9999) | replace('x', 'y' * 9999) }}",
    "{{ ('x' * 9999) | replace(old='x', new='y' * 9999) }}",
    "{{ ('y' * 9999).join('x' * 9999) }}",
    "{{ range(99999) | join('y' * 9999) }}",
    "{{ range(99999) | map('center', 9999) | join }}",
    "{{ range(99999) | map('string') | join('y' * 9999) }}",
    "{{ ('x\\n' * 9999) | indent(99999, first=true) }}",
    "{{ ('x ' * 9999) | wordwrap(1, wrapstring='y' * 9999) }}",
    "{{ [1] | batch(10**9, 'x') | list }}",
    "{{ [1] | slice(10**9) | list }}",
    "{{ range(9999) | list | tojson(indent=99999) }}",
    "{{ 1.5 | round(10**9, 'floor') }}",
    "{{ [[1], [2]] | sum(start=[]) }}",
    "{% macro m(k) %}{% if k %}{{ m(k - 1) }}{{ m(k - 1) }}{% endif %}x{% endmacro %}{{ m(40) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m(k) %}{{ caller() }}{% endmacro %}" + "{% call m(1) %}" * 3
    + "{% for i in range(99999) %}long text {{ i }}{% endfor %}" + "{% endcall %}" * 3,
    "{% set x = 'x' * 999 %}" + "{% set x = x ~ x %}" * 40 + "{{ x }}",
    "{% set x = 'x' * 999 %}" + "{% set x = x + x %}" * 40 + "{{ x }}",
    "{% set x %}xxxxxxxxx{% endset %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 40 + "{{ x }}",
    "{% set x = 'x' * 9 %}" + "{% set x = [x, x] %}" * 40 + "{{ x }}",
    "{% set x = 'x' * 9 %}" + "{% set x = {'a': x, 'b': x} %}" * 40 + "{{ x }}",
    "{% set x = 'x' * 9 %}" + "{% set x = '%s%s' % (x, x) %}" * 40 + "{{ x }}",
    "{% set x = 'x' * 9 %}" + "{% set x = dict(a=x, b=x) %}" * 40 + "{{ x }}",
    "{% set s = namespace(x=['x']) %}{% for i in range(99) %}{% set s.x = [s.x, s.x] %}{% endfor %}{{ s.x }}",
    "{% set x = 'x' * 99999 %}{% for i in range(99999) %}{% if 'xy' in x %}{% endif %}{% endfor %}",
    "{% set x = 'x' * 99999 %}{% for i in range(99999) %}{% if 'xy' is in x %}{% endif %}{% endfor %}",
    "{% set x = 'x' * 99999 %}{% for i in range(99999) %}{% set y = x[::-1] %}{% endfor %}",
    "{% set x = 'x' * 99999 %}{% for i in range(99999) %}{% set y = x | wordcount %}{% endfor %}",
    "{% set x = 'x' * 99999 %}{% for i in range(99999) %}{% set y = x.count('xy') %}{% endfor %}",
    "{% for i in range(99999) %}{% if range(99999) | sum %}{% endif %}{% endfor %}",
    "{% for i in range(99999) %}{% if 'x' in range(99999) %}{% endif %}{% endfor %}",
    "{% for i in range(99999) %}{% if range(99999) | max %}{% endif %}{% endfor %}",
    "{% set n = namespace(s='xx') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}",
    "{% macro m(s) %}{{ m(s ~ s) }}{% endmacro %}{{ m('x' * 999) }}",
    "{% macro m(s) %}{{ m(s + s) }}{% endmacro %}{{ m('x' * 999) }}",
    "{% macro m() %}{{ m(varargs, varargs) }}{% endmacro %}{{ m('x' * 999) }}",
    "{% macro m() %}{{ m(a=kwargs, b=kwargs) }}{% endmacro %}{{ m(a='x' * 999) }}",
    "{% set x = 'x' * 999 %}" + "{% with x = x ~ x %}" * 18 + "{{ x ~ x }}" + "{% endwith %}" * 18,
    "{% set x = 'x' * 99999 %}{{ [x, x, x, x, x, x, x, x] | join }}",
    "{% set x = 'x' * 99999 %}{% set y = x ~ x ~ x ~ x ~ x ~ x %}",
    "{% set x = 'x' * 99999 %}{% for i in range(99999) %}{% if x == x ~ 'y' %}{% endif %}{% endfor %}",
    "{% set x = 'x' * 99999 %}{% for i in range(99999) %}{% if x < x ~ 'y' %}{% endif %}{% endfor %}",
    "{% set x = 'x' * 99999 %}{% for i in range(99999) %}{% set y = x | upper | lower %}{% endfor %}",
    "{% set x = 'x' * 99999 %}{% for i in range(99999) %}{% set y = loop.cycle(x ~ 'a', x) %}{% endfor %}",
    "{% set x = (('x',) * 9999,) %}{% for i in range(99999) %}{% set y = x | first | sort %}{% endfor %}",
    "{% set x = 'x' * 99999 %}{% for i in range(99999) %}{% set y = x.split('x') %}{% endfor %}",
    "{% set x = 'x' * 99999 %}{% for i in range(99999) %}{% set y = x | spoken %}{% endfor %}",
    "{% set x = '1,' * 49999 %}{% for i in range(99999) %}{% set y = x | number %}{% endfor %}",
    "{% set x = {'k': 'x' * 9} %}" + "{% set x = {'k': x.k ~ x.k} %}" * 40 + "{{ x.k }}",
    "{% set x = ['x' * 9] %}" + "{% set x = [x[0] ~ x[0]] %}" * 40 + "{{ x[0] }}",
    "{% set x = ['x' * 9] %}" + "{% set x = x + x %}" * 40 + "{{ x | length }}",
    "{% set x = 9 %}" + "{% set x = x * x %}" * 40 + "{{ x }}",
    "{% for i in range(9999) %}{% for j in [a, a] %}{% for k in a | list %}{{ k }}" + "{% endfor %}" * 3,
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% for x in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}",
    "{% filter upper %}{% for i in range(99999) %}{{ a }} {{ a }} {{ a }}{% endfor %}{% endfilter %}",
    "{% set x = (1,) %}" + "{% set x = (x, x) %}" * 60 + "{{ {x: 1} }}",
    "{% set x = [1] %}{% set y = [1] %}" + "{% set x = [x, x] %}{% set y = [y, y] %}" * 60 + "{{ x == y }}",
    "{% set x = 'x' * 99999 %}{% for i in range(24000) %}" + "{% set y = x[::-1] %}" * 100 + "{% endfor %}",
    "{% for i in range(24000) %}" + "{% set y = a.upper %}" * 100 + "{% endfor %}",
    "{{ cycler(*range(10**9)) }}",
    "{{ ('x' * 99999) | wordwrap(1) | wordwrap(1) | wordwrap(1) }}",
]  # fmt: skip


@pytest.mark.parametrize("script", TOO_LARGE)
def test_an_excessive_expression_is_a_problem(script: str) -> None:
    """It takes little time and memory, and the problem names the place."""
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = _outcome(script)
    assert isinstance(outcome, tuple), outcome
    assert time.process_time() - started < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
    assert outcome[0].path == "$.scenes[0].clips[0].script.org"


FORBIDDEN = [
    "{{ a.__class__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ a['__class__'] }}",
    "{{ a | attr('__class__') }}",
    "{{ [a] | map(attribute='__class__') | join }}",
    "{{ '{0.__class__}'.format(a) }}",
    "{{ '{0.__class__.__mro__}'.format_map({'0': a}) }}",
    "{% set f = '{0.__class__}'.format %}{{ f(a) }}",
    "{{ ['{0.__class__}'] | map('format', a) | list | first | length + none }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ joiner.__init__.__globals__.os }}",
    "{{ namespace.__init__ }}",
    "{{ range.__self__ }}",
    "{{ a.form.__init__ }}",
    "{{ a.mro() }}",
    "{{ (1).to_bytes(9, 'big') }}",
    "{{ a.encode() }}",
    "{{ a.translate({97: 'x'}) }}",
    "{{ {}.update({'a': 1}) }}",
    "{{ [].append(1) }}",
]


@pytest.mark.parametrize("script", [each for each in TOO_LARGE if not re.search("% (?:call|filter)", each)])
def test_an_excessive_expression_in_a_text_template_is_a_problem(script: str) -> None:
    """Its values are escaped by filters of their own, which are limited too."""
    source = TextTemplate("t.json.j2", f'{{"name": "x", "scenes": [{{"x": "{script}"}}]}}', {})
    binding = bind_text(source, HEADER, {})
    started = time.process_time()
    assert isinstance(binding.renderer.render(binding.names.context(_values())), tuple)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("script", FORBIDDEN)
def test_a_template_can_only_reach_its_row(script: str) -> None:
    """Attributes that lead to Python internals and changes to shared objects are refused."""
    assert isinstance(_outcome(script), tuple)


@pytest.mark.parametrize(
    "expression",
    [
        "namespace(a=1)",
        "namespace(a=1) | string",
        "namespace(a=1) | safe",
        "namespace(a=1) | date",
        "namespace(a=1) | int",
        "namespace(a=1) ~ ''",
        "'%s' % namespace(a=1)",
        "'%s' | format(namespace(a=1))",
        "'{}'.format(namespace(a=1))",
        "'%s' % [namespace()]",
        "'%s' % ([1],)",
        "'%s' % {'a': 1}",
        "'%(a)s' % {'a': namespace()}",
        "'%s' % a.upper",
        "'%s' % none",
        "'x' | replace('x', namespace())",
        "{'a': [a]}.values() | join",
        "dict(a=a).items() | join(', ')",
        "[[a]] | join_and",
        "cycler(1)",
        "a.title",
        "row",
    ],
)
def test_only_values_are_printed(expression: str) -> None:
    """Anything else is a problem, however it is printed, and its message has no name from Python."""
    for script in (f"{{{{ {expression} }}}}", f"{{% set x = {expression} %}}{{{{ x }}}}"):
        outcome = _outcome(script)
        assert isinstance(outcome, tuple), outcome
        said = " ".join(f"{problem.message} {problem.hint}" for problem in outcome)
        assert not any(word in said for word in ("Namespace", "object", "None", "dict", "0x")), said


@pytest.mark.parametrize("printed", ["loop", "'%s' % loop", "m", "'%s' % m"])
def test_loops_and_macros_are_not_printed(printed: str) -> None:
    """They aren't values either."""
    script = f"{{% macro m() %}}{{% endmacro %}}{{% for i in [1] %}}{{{{ {printed} }}}}{{% endfor %}}"
    assert isinstance(_outcome(script), tuple)


@pytest.mark.parametrize(
    "script",
    [
        "{% include '/etc/passwd' %}",
        "{% include 'other.json' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}{{ a }}",
        "{{ lipsum() }}",
        "{{ row.__init__.__globals__ }}",
        "{{ row._lookup }}",
        "{{ environment }}",
        "{{ ' budget' | upper }}{{ budget }}",
        "{{ a | random }}",
        "{{ a | urlize }}",
        "{{ a | pprint }}",
        "{{ open('/etc/passwd') }}",
        "{{ self.x }}{{ os }}",
    ],
)
def test_files_and_unknown_names_are_refused_before_rendering(script: str) -> None:
    """A template that uses files, randomness or the environment can't be bound."""
    with pytest.raises(TemplateError):
        _outcome(script)


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("{% for i in range(3) %}{{ loop.index }}/{{ loop.length }} {% endfor %}", "1/3 2/3 3/3 "),
        ("{% for x in 'abc' | list %}{{ x }}{{ ',' if not loop.last }}{% endfor %}", "a,b,c"),
        ("{% for x in ['b', 'a'] | sort | map('upper') %}{{ loop.index }}{{ x }}{% endfor %}", "1A2B"),
        ("{% for k, v in {'x': 1}.items() %}{{ k }}{{ v }}{% endfor %}", "x1"),
        ("{% macro hi(who='you') %}Hi {{ who }}{% endmacro %}{{ hi(a) }}, {{ hi() }}", "Hi Ana, Hi you"),
        (
            "{% set t = namespace(n=0) %}{% for i in [1, 2] %}{% set t.n = t.n + i %}{% endfor %}{{ t.n }}",
            "3",
        ),
        ("{{ '%05.1f' % n }} {{ '%s%%' % n }} {{ '{:>4}|{:,}'.format(n, 1234) }}", "007.0 7%    7|1,234"),
        ("{{ a.center(7) }}|{{ a | center(7) }}|{{ n ** 2 }}|{{ '-' * 3 }}", "  Ana  |  Ana  |49|---"),
        ("{{ ', '.join([a, 'Bo']) }} {{ [a, 'Bo'] | join('; ') }}", "Ana, Bo Ana; Bo"),
        ("{{ a | replace('A', 'E') }} {{ a.replace('a', 'e') }} {{ 'n' in a }}", "Ena Ane TRUE"),
        ("{{ [3, 1] | sum }} {{ [1, 2, 3] | batch(2) | list | length }} {{ 2.345 | round(2) }}", "4 2 2.35"),
        ("{% for x in [[1, [2]]] recursive %}{{ x if x is number else loop(x) }}{% endfor %}", "12"),
        ("{% filter upper %}hi {{ a }}{% endfilter %}{% set x %}{{ a }}!{% endset %}{{ x }}", "HI ANAAna!"),
        ("{{ 'x\ny' | indent(2) }}|{{ a | wordwrap(2, wrapstring='-') }}|{{ a[::-1] }}", "x\n  y|An-a|anA"),
        ("{% for i in [] %}{% else %}none{% endfor %}{{ (a ~ '!') * 2 }}", "noneAna!Ana!"),
        ("{{ '+1 5551234567 {}'.format(a) }} {{ '9999999999% off' }}", "+1 5551234567 Ana 9999999999% off"),
        ("{{ dict(a=1).a }}{{ [1, 2][-1:] | first }}{{ a is in(['Ana']) }}", "12TRUE"),
    ],
)
def test_ordinary_expressions_work(script: str, text: str) -> None:
    """They stay far below the limits."""
    assert _text(script) == text


def test_the_budget_is_per_row() -> None:
    """Several strings that are each just below the limit exceed it together; the next row starts fresh."""
    loop = "{% for i in range(4500) %}{% endfor %}x"
    project = {"name": "Hello", "scenes": [{"texts": [loop] * 9}]}
    binding = bind(parse_template(json.dumps(project), "t.json"), HEADER, {})
    for _ in range(2):
        outcome = binding.renderer.render(binding.names.context({}))
        assert isinstance(outcome, tuple)
        assert "makes from this row is too long" in outcome[0].message
        assert "$.scenes[0].texts[4]" not in outcome[0].path
        assert "$.scenes[0].texts[5]" in outcome[0].path


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", id="brackets"),
        pytest.param("{{ 1" + "+1" * 5000 + " }}", id="sums"),
        pytest.param("{% if a %}" * 2000, id="conditions"),
        pytest.param("{% for x in [1] %}" * 100 + "{% endfor %}" * 100, id="loops"),
        pytest.param("{{ " * 4000, id="openings"),
    ],
)
def test_deep_nesting_is_an_error_in_the_template(script: str) -> None:
    """It is reported quickly if Jinja or Python can't parse it."""
    started = time.process_time()
    with pytest.raises(TemplateError, match=r"nested too deeply|never ended"):
        _outcome(script)
    assert time.process_time() - started < 10
