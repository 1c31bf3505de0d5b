"""Following links: every place that a path passes."""

from pathlib import Path

from lmodforge.apply.system import RealSystem
from lmodforge.verify.follow import follow, is_directory

HERE = RealSystem()


def passed(path: Path, tmp_path: Path) -> list[str]:
    """The places below tmp_path; those above it are the test runner's."""
    found = follow(HERE, str(path))
    assert found is not None
    return [place.removeprefix(str(tmp_path)) for place in found if place.startswith(str(tmp_path))][1:]


def test_a_plain_file_passes_its_directories_and_itself(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").touch()
    assert passed(tmp_path / "a" / "b", tmp_path) == ["/a", "/a/b", "/a/b"]


def test_links_in_the_middle_and_at_the_end_are_passed_too(tmp_path):
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "real" / "file").touch()
    (tmp_path / "real" / "deep" / "up").symlink_to("../file")
    (tmp_path / "absolute").symlink_to(tmp_path / "real")
    assert passed(tmp_path / "absolute" / "deep" / "up", tmp_path)[-4:] == [
        "/real/deep",
        "/real/deep/up",
        "/real/file",
        "/real/file",
    ]
    assert passed(tmp_path / "absolute" / "deep" / "up", tmp_path)[0] == "/absolute"


def test_nothing_is_at_the_end_of_a_broken_link_or_of_a_circle(tmp_path):
    (tmp_path / "broken").symlink_to("gone")
    (tmp_path / "circle").symlink_to("circle")
    assert follow(HERE, str(tmp_path / "broken")) is None
    assert follow(HERE, str(tmp_path / "circle")) is None


def test_a_directory_is_one_through_a_link_and_a_file_is_none(tmp_path):
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("directory")
    (tmp_path / "file").touch()
    names = ("directory", "link", "file", "gone")
    assert [is_directory(HERE, str(tmp_path / name)) for name in names] == [True, True, False, False]
    assert not is_directory(HERE, "relative")
