"""The plan by data: a folder per case holds a site, what is on disk, and the expected plan and tree.

`before.yaml`, where there is one, is deployed first; then `facts.yaml` says what somebody changed by hand.
"""

from pathlib import Path

import pytest

from lmodforge.report.plan import plan_text
from plan.world import World

CASES = sorted(folder for folder in (Path(__file__).parent.parent / "cases").iterdir() if folder.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_plan_and_tree_are_as_expected_and_a_second_deploy_has_nothing_to_do(case, golden):
    world = World(case)
    before = case / "before.yaml"
    if before.exists():
        world.deploy(world.plan(before))
    world.meddle()
    plan = world.plan(case / "site.yaml")
    golden(case / "plan.txt", plan_text(plan) + "\n")
    golden(case / "tree.txt", tree_text(plan))
    if not plan.conflicts:
        world.deploy(plan)
        assert world.plan(case / "site.yaml").changes == ()


def tree_text(plan):
    """Each file of the tree; of those that all sites share only the name."""
    if plan.publish is None:
        return "nothing is published\n"
    loads = [f"{opener}: {name}" if opener else name for opener, names in plan.publish.fresh.items() for name in names]
    parts = [f"generation {plan.publish.number}, loads {', '.join(loads) or 'nothing'}\n"]
    for path, text in sorted(plan.publish.files.items()):
        parts.append(f"=== {path}\n" + ("" if path.startswith("__lmodforge/") else text))
    parts += [f"link {path} -> {target}\n" for path, target in sorted(plan.publish.links.items())]
    return "".join(parts)
