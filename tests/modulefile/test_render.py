"""Whole files, compared as they are; and what any text in any field does to them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jinja2
import lupa.lua51
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_modules import MODULES, POLICY
from lmodforge.modulefile.context import (
    DistributionModule,
    EnvironmentEntry,
    EnvironmentModule,
    Known,
    LifeCycle,
    Look,
    NodeRelease,
    Operation,
    Package,
    RemovedModule,
    ToolModule,
)
from lmodforge.modulefile.policy import Pi, Policy, Space
from lmodforge.modulefile.profile import profile_scripts
from lmodforge.modulefile.render import Templates, render_tree
from lmodforge.modulefile.syntax import syntax_error

GOLDEN = Path(__file__).parent / "golden"
TEMPLATES = Templates()


def test_the_tree_is_what_it_should_be(request):
    tree = {**render_tree(MODULES, TEMPLATES), **prefixed("init", profile_scripts("/software/modulefiles", TEMPLATES))}
    # What the modulefiles share is a template of its own but for the site's rules: only module.lua is rendered.
    tree = {
        name: text for name, text in tree.items() if not name.startswith("__lmodforge/") or name.endswith("module.lua")
    }
    if request.config.getoption("--update-golden"):
        for name, text in tree.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_bytes(text)
    expected = {path.relative_to(GOLDEN).as_posix(): path.read_bytes() for path in GOLDEN.rglob("*") if path.is_file()}
    assert sorted(tree) == sorted(expected)
    for name, text in tree.items():
        assert text.decode() == expected[name].decode(), name


def prefixed(directory, files):
    return {f"{directory}/{name}": text for name, text in files.items()}


def test_the_same_modules_give_the_same_bytes_in_any_order():
    assert render_tree(MODULES, TEMPLATES) == render_tree(MODULES[::-1], Templates())


def test_every_file_compiles():
    for name, text in render_tree(MODULES, TEMPLATES).items():
        if name.endswith(".lua"):
            assert syntax_error(text.decode()) is None, name


def test_modules_of_one_tree_share_one_policy():
    with pytest.raises(ValueError, match="the modules of one tree share one policy"):
        render_tree([MODULES[0], replace(MODULES[1], policy=Policy("Other"))], TEMPLATES)


# ---- any text in any field ----------------------------------------------------------------------------------------

HARD = st.text(st.sampled_from("]=[\r\n\t\0\\\"'%{}#-a \u2028\U0001f40d"), max_size=30)
TEXTS = st.text(max_size=30) | HARD


def run(code):
    """Run a modulefile as far as spider does, and return what it says about itself."""
    said = {"help": [], "whatis": [], "extensions": []}
    runtime = lupa.lua51.LuaRuntime(encoding=None)
    lua = runtime.globals()
    for name, found in said.items():
        lua[name.encode()] = lambda text, found=found: found.append(text.decode())
    lua[b"mode"] = lambda: b"spider"
    lua[b"myFileName"] = lambda: b"/tree/a/1.lua"
    runtime.execute(code)
    return said


@settings(deadline=None, max_examples=150)
@given(st.tuples(*[TEXTS] * 7))
def test_any_text_in_any_field_arrives_as_it_was_written(texts):
    title, version, category, summary, keyword, url, help_text = texts
    look = Look("a/1", title, version, category, summary, (keyword,), url, help_text)
    for module in (
        DistributionModule(look, "python", "/p", POLICY, (EnvironmentEntry(title, version, summary),)),
        EnvironmentModule(look, "/p", "uv", title, (Package(title, version),)),
        ToolModule(look, "/p", POLICY),
        RemovedModule(look),
    ):
        code = render_tree([module], TEMPLATES)["a/1.lua"]
        assert syntax_error(code.decode()) is None
        said = run(code)
        assert help_text.strip() in said["help"][0]
        expected = {"Name": title, "Version": version, "Category": category, "Description": summary or title}
        expected |= {"Keyword": keyword, **({"URL": url} if url else {})}
        assert said["whatis"] == [" ".join(f"{key}: {expected[key]}".split()) for key in ORDER if key in expected]


ORDER = ("Name", "Version", "Category", "Keyword", "URL", "Description")


@settings(deadline=None, max_examples=100)
@given(TEXTS, TEXTS, TEXTS)
def test_any_text_in_what_runs_stays_text(prefix, value, advice):
    cycle = LifeCycle(True, (f"a/{advice}", advice), "2026-01-01", advice, advice)
    look = Look("a/1", "a", "1", "", "", lifecycle=cycle, default=True)
    policy = Policy(value, project=Space(prefix, (value,)), pi=Pi(variables=(value,), group=value), notice=advice)
    operations = tuple(Operation(action, value, prefix + "{prefix}" + value) for action in ("set", "prepend", "append"))
    known = Known(value, {value: advice, prefix: value}, 9, 560, (value, advice))
    on_nodes = NodeRelease(value, prefix, known, operations[::-1])
    for module in (
        DistributionModule(look, "python", prefix, policy, opens=True),
        EnvironmentModule(look, prefix, "conda", value, (), operations),
        EnvironmentModule(look, prefix, "conda", value, (), operations, releases=(on_nodes, on_nodes)),
        ToolModule(look, prefix, policy),
        RemovedModule(look),
    ):
        tree = render_tree([module], TEMPLATES)
        assert [syntax_error(text.decode()) for name, text in tree.items() if name.endswith(".lua")].count(None) == sum(
            name.endswith(".lua") for name in tree
        )


# ---- templates ------------------------------------------------------------------------------------------------------


def test_a_site_may_put_its_own_templates_first(tmp_path):
    (tmp_path / "tool.lua.j2").write_text("-- {{ module.look.full_name }} of {{ policy.site }}\n")
    templates = Templates((tmp_path,))
    assert render_tree(MODULES[-1:], templates)["uv/0.13.8.lua"] == b"-- uv/0.13.8 of Midway3\n"
    assert templates.digest() != TEMPLATES.digest()


def test_a_name_that_a_template_misspells_is_an_error(tmp_path):
    (tmp_path / "tool.lua.j2").write_text("{{ module.lok }}")
    with pytest.raises(jinja2.UndefinedError, match="has no attribute 'lok'"):
        render_tree(MODULES[-1:], Templates((tmp_path,)))


def test_the_digest_is_over_names_and_bytes_and_needs_no_jinja2(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a/extra.lua.j2").write_text("text")
    (tmp_path / "b/other.lua.j2").write_text("text")
    code = (
        "import sys; from pathlib import Path; from lmodforge.modulefile.render import Templates;"
        "[print(Templates((Path(name),)).digest()) for name in sys.argv[1:]]; assert 'jinja2' not in sys.modules"
    )
    names = [str(tmp_path / "a"), str(tmp_path / "a"), str(tmp_path / "b")]
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True)
    first, again, other = done.stdout.split()
    assert first == again != other
