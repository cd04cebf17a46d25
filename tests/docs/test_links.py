"""Every link of the documentation leads somewhere, and README can be read in one sitting."""

import ast
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from support.places import PROJECT

README = PROJECT / "README.md"
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")])
LONGEST_README = 1_200  # words, as `wc -w` counts them

FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`]*`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A path of the project in backticks, perhaps with the name of a test or how it begins.
PATH = re.compile(r"`((?:dags|docs|include|plugins|tests|\.ci)/[\w./-]*)(?:::(\w+?)(_?\.\.\.)?)?`")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Where the links and pictures of a page lead, but for other sites."""
    found = LINK.findall(CODE.sub("", prose(page).replace("[`", "[").replace("`]", "]")))
    return [each for each in found if not re.match(r"[a-z]+:", each)]


def paths(page: Path) -> list[tuple[str, str, str]]:
    """The paths in backticks, each with the name of its test, if any, and the dots after it, if any."""
    return PATH.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """What GitHub makes of headings: lower case, hyphens, no punctuation; a number after a repeated one."""
    found: dict[str, int] = {}
    made = set()
    for title in re.findall(r"^#{1,6} +(.*?) *$", prose(page), re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title)
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        made.add(f"{anchor}-{found[anchor]}" if anchor in found else anchor)
        found[anchor] = found.get(anchor, 0) + 1
    return made


def names_of_tests(file: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}


def named(page: Path) -> str:
    return str(page.relative_to(PROJECT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        place, _, anchor = unquote(link).partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.is_relative_to(PROJECT) and target.exists(), f"{link} is not there"
        if anchor:
            assert target.suffix == ".md" and anchor in anchors(target), f"{link} is no heading"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_path_in_backticks_is_there(page: Path) -> None:
    # The changelog also names what is gone.
    for path, test, rest in paths(page) if page.name != "CHANGELOG.md" else []:
        assert (PROJECT / path).exists(), f"{path} is not there"
        if test:
            found = names_of_tests(PROJECT / path)
            known = any(each.startswith(test) for each in found) if rest else test in found
            assert known, f"{path} has no {test}{rest}"


def test_links_and_paths_are_found() -> None:
    """Of a search that finds nothing, nothing fails."""
    assert len(links(README)) > 40
    assert sum(link.endswith(".png") for link in links(README)) == README.read_text().count(".png)") > 3
    assert len(paths(PROJECT / "docs" / "robustness.md")) > 40
    assert sum("#" in link for page in PAGES for link in links(page)) > 10


def test_every_page_is_reachable_from_the_readme() -> None:
    reached, ahead = set(), [README]
    while ahead:
        page = ahead.pop()
        if page not in reached:
            reached.add(page)
            targets = [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]
            ahead += [target for target in targets if target.suffix == ".md" and target.is_file()]
    assert set(PAGES) <= reached


def test_the_readme_takes_one_sitting() -> None:
    assert len(README.read_text(encoding="utf-8").split()) <= LONGEST_README


def test_the_readme_shows_the_two_commands() -> None:
    assert {"make run", "make test"} <= {
        line.partition("#")[0].strip() for line in README.read_text(encoding="utf-8").splitlines()
    }
