"""The program as a sysadmin and a script meet it: words on stdout and stderr, exit codes, never a traceback."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent.parent


def lmodforge(*arguments, cwd=CHECKOUT, **variables):
    argv = [sys.executable, "-m", "lmodforge", *map(str, arguments)]
    environment = {**os.environ, **variables}
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=cwd, env=environment)


def of(small):
    return "--site", small.file, "--root", small.root


def test_plan_deploy_status_find_and_rollback_by_their_exit_codes(small):
    assert lmodforge("plan", *of(small)).returncode == 2
    first = lmodforge("deploy", *of(small))
    assert first.returncode == 0
    assert "What a user types next:" in first.stdout
    assert "environment tiny: checking" in first.stderr
    assert lmodforge("plan", *of(small)).returncode == 0
    assert lmodforge("status", *of(small)).returncode == 0
    assert lmodforge("find", "six", *of(small)).stdout == f"six  {_version(small)}  module load tiny/1\n"
    assert lmodforge("find", "nosuch", *of(small)).returncode == 1
    back = lmodforge("rollback", *of(small))
    assert (back.returncode, back.stdout) == (1, "")
    assert back.stderr == "there is no generation before 1\n  hint: kept generations: 1; `--to N` names one\n"
    (small.modulefiles / "current/tiny/1.lua").write_text("-- mine\n")
    assert lmodforge("status", *of(small)).returncode == 2
    assert lmodforge("deploy", *of(small)).returncode == 1


def _version(small):
    (found,) = (small.prefix / "envs/tiny/lib").glob("python3.*/site-packages/six-*.dist-info")
    return re.fullmatch(r"six-(.*)\.dist-info", found.name)[1]


def test_json_is_one_document_on_stdout(small):
    plan = json.loads(lmodforge("plan", "--json", *of(small)).stdout)
    assert (plan["document"], plan["version"], plan["site"]) == ("plan", 1, "small")
    done = json.loads(lmodforge("deploy", "--json", *of(small)).stdout)
    assert (done["document"], done["generation"], done["settled"]) == ("deploy", 1, True)
    assert done["changes"] == plan["changes"]
    status = json.loads(lmodforge("status", "--json", *of(small)).stdout)
    assert (status["document"], status["drift"], status["pending"]) == ("status", [], 0)
    found = json.loads(lmodforge("find", "s*x", "--json", *of(small)).stdout)
    assert [holder["module"] for holder in found["holders"]] == ["tiny/1"]
    checked = json.loads(lmodforge("check", "--json", *of(small)).stdout)
    assert (checked["document"], checked["mistakes"]) == ("check", [])


def test_an_invalid_site_exits_3_with_every_mistake_on_stderr(tmp_path):
    site = tmp_path / "bad.yaml"
    site.write_text("name: bad\npaths: {software: sw, modulefiles: /mf}\nenvironmets: {}\n")
    done = lmodforge("deploy", "--site", site)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"{site}:2:19: path `sw` is not absolute\n  hint: begin it with `/`\n"
        f"{site}:3:1: unknown key `environmets`\n  hint: did you mean `environments`?\n"
    )


@pytest.mark.parametrize("verb", ["plan", "deploy", "status", "rollback", "prune", "find x", "check", "doctor"])
def test_an_unknown_site_is_explained(verb):
    done = lmodforge(*verb.split(), "--site", "nosuch")
    assert done.returncode == 1
    assert done.stderr.startswith("there is no site `nosuch`\n  hint: ")


@pytest.mark.parametrize("task", [["deploy"], ["verify"], ["docs", "--check"]])
def test_fewer_jobs_than_none_are_refused(task, small):
    found = lmodforge(*task, "--jobs", "-3", *of(small))
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == "--jobs -3: that is no number of jobs\n  hint: 1 or more\n"


def test_before_the_first_deploy_there_is_nothing_to_report(small):
    for verb in (["status"], ["rollback"], ["prune"], ["find", "six"]):
        done = lmodforge(*verb, *of(small))
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"site small is not deployed at {small.modulefiles}\n  hint: invoke deploy\n"


def test_a_root_that_cannot_be_written_is_explained(small):
    done = lmodforge("deploy", "--site", small.file, "--root", "/proc/nowhere")
    assert done.returncode == 1
    assert done.stderr.startswith("/proc/nowhere")
    assert "Traceback" not in done.stderr


def test_init_writes_a_site_file_that_passes_check_and_is_not_overwritten(tmp_path):
    first = lmodforge("init", "midway", cwd=tmp_path)
    assert first.stdout == (
        "site-configs/midway.yaml is written. Fill it in, then: invoke check --site site-configs/midway.yaml\n"
    )
    assert lmodforge("check", "--site", "midway", cwd=tmp_path).returncode == 0
    again = lmodforge("init", "midway", cwd=tmp_path)
    assert again.returncode == 1
    assert "is there already" in again.stderr


def test_schema_is_json_on_stdout_or_in_a_file(tmp_path):
    schema = lmodforge("schema").stdout
    assert json.loads(schema)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    lmodforge("schema", "--out", tmp_path / "site.schema.json")
    assert (tmp_path / "site.schema.json").read_text() == schema


def test_render_writes_the_tree_that_a_deploy_publishes(small, tmp_path):
    assert lmodforge("render", "--out", tmp_path / "tree", *of(small)).returncode == 0
    small.deploy()
    published = small.modulefiles / "generations/0001"
    files = sorted(path.relative_to(published) for path in published.rglob("*") if path.is_file())
    assert files == sorted(
        path.relative_to(tmp_path / "tree") for path in (tmp_path / "tree").rglob("*") if path.is_file()
    )
    assert [path for path in files if (published / path).read_bytes() != (tmp_path / "tree" / path).read_bytes()] == []


def test_the_environment_may_name_the_site(small):
    done = lmodforge("check", LMODFORGE_SITE=str(small.file))
    assert done.stdout == f"{small.file}: site small is valid: 1 distribution, 1 environment, 0 tools.\n"


def test_invoke_has_the_same_tasks_as_the_program():
    names = [
        {
            task["name"]
            for task in json.loads(
                subprocess.run(
                    [*argv, "--list", "--list-format=json"], capture_output=True, text=True, check=True, cwd=CHECKOUT
                ).stdout
            )["tasks"]
        }
        for argv in ([sys.executable, "-m", "invoke"], [sys.executable, "-m", "lmodforge"])
    ]
    assert names[0] == names[1]
    assert "deploy" in names[0]
