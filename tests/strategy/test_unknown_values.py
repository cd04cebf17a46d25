"""Values that the rules ask for and no customer has are told, in a run and by the preview."""

import logging
from pathlib import Path

import pytest
from psycopg import Connection
from support import pipeline
from support.user import NewUser

from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.strategy.unknown_values import KnownValues, read_known_values, unknown_values

KNOWN = KnownValues(["RJ", "SP"], ["audio", "baby", "unknown"], ["audio", "baby", "cine_photo", "telephony"])


def strategy_file(
    folder: Path, when: str, groups: str = "{Tech: [audio, cine_photo]}", deliver: str = "{}"
) -> Path:
    path = folder / "strategy.yaml"
    path.write_text(
        "excluded_statuses: []\ntiers: [Gold, Silver]\n"
        f"category_groups: {groups}\n"
        "segments:\n  - name: All\n"
        f"actions:\n  - next_action: Call\n    because: b\n    when: {when}\n"
        "default_actions:\n"
        "  Gold: {next_action: Default Gold, because: b}\n"
        "  Silver: {next_action: Default Silver, because: b}\n"
        f"deliver:\n  at_most: 10\n  when: {deliver}\n"
    )
    return path


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("{customer_state: sp}", ["customer_state 'sp': did you mean SP?"]),
        ('{customer_state: "SP "}', ["customer_state 'SP ': did you mean SP?"]),
        ("{customer_state: NO}", ["customer_state 'NO'."]),
        ("{favorite_category: Tehc}", ["favorite_category 'Tehc': did you mean Tech?"]),
        ("{favorite_category: Baby}", ["favorite_category 'Baby': did you mean baby?"]),
        ("{favorite_category: Cine Photo}", ["favorite_category 'Cine Photo': did you mean cine_photo?"]),
        # Written right, and nobody's favourite.
        ("{favorite_category: telephony}", ["favorite_category 'telephony'."]),
        (
            "{customer_state: [SP, rj, sp], favorite_category: [audio, babby]}",
            [
                "customer_state 'rj': did you mean RJ?",
                "customer_state 'sp': did you mean SP?",
                "favorite_category 'babby': did you mean baby?",
            ],
        ),
        ("{customer_state: [SP, RJ], favorite_category: [Tech, baby, unknown], frequency: 3}", []),
    ],
)
def test_each_is_told_with_its_line(tmp_path: Path, when: str, told: list[str]) -> None:
    path = strategy_file(tmp_path, when)
    start = f"{path} line 9: action 1, Call, asks for the "
    found = unknown_values(read_strategy(path), KNOWN, path)
    assert [each.replace(", which no customer has", "") for each in found] == [start + each for each in told]
    assert all(", which no customer has" in each for each in found)


def test_the_line_is_that_of_the_value(tmp_path: Path) -> None:
    path = strategy_file(tmp_path, "\n      customer_state:\n        - SP\n        - rj")
    (sentence,) = unknown_values(read_strategy(path), KNOWN, path)
    assert sentence.startswith(f"{path} line 12: action 1, Call, asks for the customer_state 'rj'")


def test_who_may_become_a_contact_is_looked_at_too(tmp_path: Path) -> None:
    path = strategy_file(
        tmp_path, "{customer_state: SP}", deliver="{customer_state: sp, favorite_category: [Tech, Babby]}"
    )
    start = f"{path} line 15: deliver.when asks for the"
    assert unknown_values(read_strategy(path), KNOWN, path) == [
        f"{start} customer_state 'sp', which no customer has: did you mean SP?",
        f"{start} favorite_category 'Babby', which no customer has: did you mean baby?",
    ]


def test_a_group_may_list_what_nobody_bought_yet(tmp_path: Path) -> None:
    path = strategy_file(
        tmp_path, "{customer_state: SP}", "{Tech: [audio, cine_photo, cine_foto], Home: [tables]}"
    )
    start = f"{path} line 3: the category group"
    assert unknown_values(read_strategy(path), KNOWN, path) == [
        f"{start} Tech names 'cine_foto', which no customer has: did you mean cine_photo?",
        f"{start} Home names 'tables', which no customer has.",
    ]


def test_without_customers_nothing_is_said(tmp_path: Path) -> None:
    path = strategy_file(tmp_path, "{customer_state: sp}")
    assert unknown_values(read_strategy(path), KnownValues([], [], []), path) == []


@pytest.fixture
def with_slips(tmp_path: Path) -> Path:
    text = STRATEGY_FILE.read_text(encoding="utf-8").replace(
        '{avg_review_score: "<= 2"}', "{customer_state: sp}"
    )
    path = tmp_path / "strategy.yaml"
    path.write_text(text.replace("    - pc_gamer\n", "    - pc_gamr\n"), encoding="utf-8")
    return path


def told_of(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    sp, gamer = (next(n for n, line in enumerate(lines, 1) if each in line) for each in (": sp}", "pc_gamr"))
    apology = "action 1, Apology Email + Service Recovery, asks for the customer_state"
    return [
        f"{path} line {sp}: {apology} 'sp', which no customer has: did you mean SP?",
        f"{path} line {gamer}: the category group Tech names 'pc_gamr', which no customer has:"
        " did you mean pc_gamer?",
    ]


def test_a_run_warns_of_them(
    connection: Connection,
    demo: Path,
    with_slips: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        run_id = pipeline.run(connection, demo)
    assert "which no customer has" not in caplog.text
    assert read_known_values(connection) == read_known_values(connection, run_id)

    monkeypatch.setenv("OLIST_STRATEGY", str(with_slips))
    with caplog.at_level(logging.WARNING):
        run_id = pipeline.run(connection, demo, accept=("changed_actions",))
    told = [message for message in caplog.messages if "which no customer has" in message]
    assert told == told_of(with_slips)


def test_make_run_and_make_preview_show_them(
    warehouse: str, demo: Path, with_slips: Path, new_user: NewUser
) -> None:
    user = new_user(demo)
    settings = {
        "COLUMNS": "400",
        "OLIST_STRATEGY": str(with_slips),
        "AIRFLOW_CONN_OLIST_WAREHOUSE": warehouse,
        "AIRFLOW_CONN_HUBSPOT_DEFAULT": '{"conn_type": "hubspot", "password": "unused"}',
        "OLIST_SYNC": "skip",
    }
    for command in ("run", "preview"):
        shown = user.types(command, **settings)
        assert shown.returncode == 0, shown.stdout + shown.stderr
        for sentence in told_of(with_slips):
            assert sentence in shown.stdout
