"""What prune decides that no golden case shows."""

from lmodforge.plan.prune import removals
from lmodforge.receipts.models import GenerationReceipt


def test_prune_leaves_alone_what_is_to_take_the_place_of_something_in_use():
    generation = GenerationReceipt(
        lmodforge="1",
        made_at="",
        site="s",
        number=1,
        files={},
        links={"/a/sci.tar.zst": "releases/sci-1.tar.zst"},
        scripts={},
        modules={"sci/1": "/r/sci-1"},
    )
    begun = ["/a/releases/sci-1.tar.zst", "/a/releases/sci-2.tar.zst", "/r/sci-1"]
    gone = removals([1], {1: generation}, {}, begun, "/mf/generations")
    assert [(each.what, each.path) for each in gone] == [("unfinished", "/a/releases/sci-2.tar.zst")]
