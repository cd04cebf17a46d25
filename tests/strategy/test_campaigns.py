"""campaigns.yaml: what is refused with which line, and where both files are looked for."""

import shutil
from pathlib import Path

import pytest
from psycopg import Connection
from support import pipeline
from support.user import NewUser

from olist.exceptions import OlistError
from olist.strategy.reading import CAMPAIGNS_FILE, STRATEGY_FILE, read_campaigns, read_strategy


@pytest.fixture
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of somebody's own with both files, which OLIST_STRATEGY names."""
    folder = tmp_path / "our rules"
    folder.mkdir()
    for file in (STRATEGY_FILE, CAMPAIGNS_FILE):
        shutil.copy(file, folder)
    monkeypatch.setenv("OLIST_STRATEGY", str(folder / "strategy.yaml"))
    return folder


def change(path: Path, old: str, new: str) -> int:
    """Changes the one place of a file that says `old`. Returns its line."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_every_segment_has_a_campaign() -> None:
    strategy = read_strategy()
    assert list(read_campaigns(strategy)) == [segment.name for segment in strategy.segments]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "{spend} each on average have",
            "{spent} each on average have",
            r"'\{spent\}' is not a value of a segment",
        ),
        ("\nAt-Risk:\n", "\nAt Risk:\n", "'At Risk' is not one of the segments Champions,"),
        ('    pt-BR: "Há quanto tempo"\n', "", "Lost Customers.subject.pt-BR: Field required"),
        ("\nLost Customers:\n", "\nAt-Risk:\n", "'At-Risk' is there twice in one place"),
        ('"It has been a while"', '"It has been a while', "this is not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(own_files: Path, old: str, new: str, complaint: str) -> None:
    line = change(own_files / "campaigns.yaml", old, new)
    with pytest.raises(OlistError, match=complaint) as error:
        read_campaigns(read_strategy())
    file, _, told = str(error.value).partition(" line ")
    assert file == str(own_files / "campaigns.yaml")
    assert abs(int(told.split(":")[0]) - line) <= 2


def test_a_run_ends_at_its_start(connection: Connection, demo: Path, own_files: Path) -> None:
    change(own_files / "campaigns.yaml", "{spend} each on average have", "{spent} each on average have")
    with pytest.raises(OlistError, match=r"campaigns.yaml line \d+: '\{spent\}' is not a value"):
        pipeline.begin(connection, demo)


def test_there_may_be_no_campaigns(own_files: Path) -> None:
    (own_files / "campaigns.yaml").unlink()
    assert read_campaigns(read_strategy()) == {}


def test_campaigns_in_the_strategy_have_moved(own_files: Path) -> None:
    path = own_files / "strategy.yaml"
    line = change(path, "\nlimits:", "\ncampaigns:\n  Champions: {}\nlimits:") + 1
    with pytest.raises(OlistError) as error:
        read_strategy()
    sentence = "campaigns have a file of their own: move them to campaigns.yaml beside this one."
    assert str(error.value) == f"{path} line {line}: {sentence}"


def test_the_projects_own_files_are_called_by_their_names() -> None:
    strategy = read_strategy().model_copy(update={"segments": read_strategy().segments[:1]})
    with pytest.raises(OlistError, match=r"^campaigns.yaml line \d+: 'Loyal Customers' is not one of"):
        read_campaigns(strategy)


def test_a_file_that_is_not_there_is_named(own_files: Path) -> None:
    (own_files / "strategy.yaml").unlink()
    with pytest.raises(OlistError) as error:
        read_strategy()
    assert str(error.value) == f"There is no strategy file {own_files / 'strategy.yaml'}."


def test_the_path_may_begin_at_home(own_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(own_files.parent))
    monkeypatch.setenv("OLIST_STRATEGY", "~/our rules/strategy.yaml")
    change(own_files / "strategy.yaml", "next_action: Free Shipping Nudge", "next_action: Ours")
    assert read_strategy().actions[3].next_action == "Ours"


def test_make_preview_reads_them(own_files: Path, demo: Path, warehouse: str, new_user: NewUser) -> None:
    line = change(own_files / "strategy.yaml", "{r_score: 5, frequency: 1}", "{r_scor: 5, frequency: 1}")
    user = new_user(demo)
    told = user.types(
        "preview",
        OLIST_STRATEGY=str(own_files / "strategy.yaml"),
        AIRFLOW_CONN_OLIST_WAREHOUSE=warehouse,
        AIRFLOW_CONN_HUBSPOT_DEFAULT='{"conn_type": "hubspot", "password": "unused"}',
    )
    assert told.returncode == 2
    assert f"{own_files / 'strategy.yaml'} line {line}: 'r_scor' is not" in "".join(told.stdout.split("\n"))
