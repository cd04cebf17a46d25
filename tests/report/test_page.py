"""The report: the right numbers, on one page that needs nothing else and takes no code from a file."""

import io
import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path

import psycopg
import pytest
from rich.console import Console
from support import pipeline
from support.shop import Shop

from olist.report.evaluate import evaluate
from olist.report.evaluate_tables import print_evaluation
from olist.report.page import render_report, why_k
from olist.stages.write_outputs import write_outputs
from olist.strategy.campaigns import Campaign, write_campaign
from olist.strategy.reading import STRATEGY_FILE, read_campaigns, read_strategy


class Page(HTMLParser):
    """What a report says: its tables by their first heading, its text, and what it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.rows: list[list[str]] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.is_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [
            value or "" for name, value in attributes if name in ("src", "href", "xlink:href", "srcset")
        ]
        if tag == "table":
            self.rows = []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.is_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.is_cell = False
        elif tag == "table":
            self.tables[self.rows[0][0]] = [[" ".join(cell.split()) for cell in row] for row in self.rows[1:]]

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.is_cell:
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def months(server: str, demo: Path) -> Iterator[tuple[psycopg.Connection, int]]:
    """A warehouse with three months, the first of which is 90 days past, and the number of the last run."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("create database report template template")
    with psycopg.connect(server.rpartition("/")[0] + "/report", autocommit=True) as connection:
        for month in (date(2018, 4, 1), date(2018, 7, 1), date(2018, 8, 1)):
            run_id = pipeline.run(connection, demo, month)
            pipeline.deliver(connection, run_id, None)
        yield connection, run_id


@pytest.fixture(scope="module")
def page(months: tuple[psycopg.Connection, int]) -> Page:
    return Page(render_report(*months))


def test_the_numbers_are_those_of_the_snapshot(months: tuple[psycopg.Connection, int], page: Page) -> None:
    connection, _ = months
    rows = connection.execute(
        "select segment_name, count(*), round(100.0 * count(*) / sum(count(*)) over (), 1),"
        " round(100 * sum(monetary) / sum(sum(monetary)) over (), 1), round(avg(monetary), 2),"
        " round(avg(frequency), 2), round(avg(recency_days), 0)"
        " from analytics.vw_customer_segments group by segment_name order by avg(monetary) desc"
    ).fetchall()
    shown = [[row[0], *row[1:2], *row[3:]] for row in page.tables["Segment"]]
    assert shown == [
        [name, f"{people:,}", f"{share} %", f"{of_all} %", f"R$ {spend:,}", f"{orders}", f"{days}"]
        for name, people, share, of_all, spend, orders, days in rows
    ]
    customers, revenue = connection.execute(
        "select count(*), sum(monetary) from analytics.vw_customer_segments"
    ).fetchone()
    assert f"{customers:,} customers" in page.text and f"R$ {revenue:,.0f} of purchases" in page.text


def test_changes_are_against_the_snapshot_before(months: tuple[psycopg.Connection, int], page: Page) -> None:
    connection, _ = months
    before, now = (len(pipeline.snapshot(connection, datetime(2018, month, 1))) for month in (7, 8))
    assert f"{now:,} customers ▲ {100 * now / before - 100:.1f} %" in " ".join(page.text.split())
    assert "Changes are against 2018-07-01." in page.text
    (new,) = connection.execute(
        "select sum(customers) from analytics.vw_tier_migration"
        " where as_of = '2018-08-01' and from_tier = 'new'"
    ).fetchone()
    assert f"new  {new}" in page.text


def test_outcomes_are_those_of_the_newest_month_that_is_over(
    months: tuple[psycopg.Connection, int], page: Page
) -> None:
    connection, _ = months
    rows = connection.execute(
        "select next_action, sum(customers), sum(revenue_90d) from analytics.vw_outcomes"
        " where as_of = '2018-04-01' group by next_action"
    ).fetchall()
    assert "The customers of 2018-04-01, and what they bought in the 90 days after." in page.text
    outcomes = page.tables["Action"]
    assert {(row[0], row[1], row[3]) for row in outcomes} == {
        (action, f"{people:,}", f"R$ {revenue:,.2f}") for action, people, revenue in rows
    }


def test_a_page_needs_nothing_else(page: Page) -> None:
    assert {each for each in page.loads if not each.startswith("#")} == set()
    assert not {"script", "link", "iframe", "img", "object"} & set(page.tags)
    assert page.tags.count("svg") == 7


def test_every_chart_takes_its_colours_from_the_page(months: tuple[psycopg.Connection, int]) -> None:
    html = render_report(*months)
    charts = html[html.index("<svg") :]
    assert not re.findall(r'style="[^"]*(?:fill|stroke): (?!none|var\(|color-mix\()[^;"]+', charts)
    css = html[: html.index("</style>")]
    assert set(re.findall(r"var\((--[\w-]+)\)", html)) <= set(re.findall(r"(--[\w-]+):", css))
    names = re.findall(r' id="([^"]+)"', html)
    assert len(names) == len(set(names))


def test_the_same_run_gives_the_same_page(months: tuple[psycopg.Connection, int]) -> None:
    assert render_report(*months) == render_report(*months)


def test_a_first_run_has_nothing_to_compare_with(connection: psycopg.Connection, demo: Path) -> None:
    page = Page(render_report(connection, pipeline.run(connection, demo)))
    assert "There is no earlier snapshot to compare with." in page.text
    assert "▲" not in page.text and "Who moved" not in page.text
    assert "Nothing can be said yet" in page.text


def test_names_from_files_stay_text(connection: psycopg.Connection, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    shop = Shop()
    shop.crowd()
    for number in range(4):
        shop.order(
            f"person-{number}", f"2018-0{number + 1}-01 00:00:00", [(evil, "10.00", "0.00")], state=evil
        )
    page = Page(render_report(connection, pipeline.run(connection, shop.write(tmp_path))))
    assert "script" not in page.tags and page.text.count(evil) > 3


def test_a_snapshot_without_tiers_has_a_report(connection: psycopg.Connection, demo: Path) -> None:
    pipeline.run(connection, demo)
    connection.execute("call analytics.refresh_customer_segments(as_of => '2018-03-01')")
    (run_id,) = connection.execute("select max(run_id) from ops.pipeline_runs").fetchone()
    assert "This snapshot has no tiers." in render_report(connection, run_id)


def test_a_segment_without_a_campaign_says_so(
    connection: psycopg.Connection, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = pipeline.run(connection, demo)
    # Its copy has no campaigns.yaml beside it.
    monkeypatch.setenv("OLIST_STRATEGY", str(shutil.copy(STRATEGY_FILE, tmp_path)))
    page = Page(render_report(connection, run_id))
    assert page.text.count("campaigns.yaml has no campaign for this segment yet.") == len(
        page.tables["Segment"]
    )


def test_campaigns_are_written_as_each_language_writes() -> None:
    profile = {
        "customers": 12345, "share": 0.234, "spend": 1165.17, "orders": 1.25, "recency_days": 230.4,
        "review_score": 4.05, "category": "health_beauty", "category_portuguese": "beleza_saude",
        "state": "SP",
    }  # fmt: skip
    english, portuguese = write_campaign(read_campaigns(read_strategy())["At-Risk"], profile)
    assert (english["lang"], portuguese["lang"]) == ("en", "pt-BR")
    assert "12,345 customers with R$1,165.17 each" in english["recommendation"]
    assert "12.345 clientes com R$\xa01.165,17 cada" in portuguese["recommendation"]
    assert "new in health beauty" in english["message"] and "em beleza saude" in portuguese["message"]
    _, lost = write_campaign(read_campaigns(read_strategy())["Lost Customers"], profile)
    assert lost["offer"] == "15% de desconto a partir de R$ 1.400"


def test_why_there_are_as_many_clusters() -> None:
    elbow = [{"k": 2, "inertia": 100.0, "silhouette": 0.5}, {"k": 3, "inertia": 50.0, "silhouette": 0.6}]
    elbow += [{"k": 4, "inertia": 45.0, "silhouette": None}]
    everybody = {"customers": 90_000, "elbow_customers": 90_000, "chain_elbows": [elbow]}
    sentences = " ".join(why_k({"k": 3, "elbow": elbow} | everybody))
    assert "falls by 50%, one more would take off 10%: the curve bends here" in sentences
    assert "it is 0.60 for 3, and the best of all" in sentences
    assert "Both are of" not in sentences
    sample = {"customers": 90_000, "elbow_customers": 10_000, "chain_elbows": []}
    sentence = "Both are of samples, the inertia of 10,000 of the 90,000 customers."
    assert why_k({"k": 3, "elbow": elbow} | sample)[-1] == sentence
    assert len(why_k({"k": 2, "elbow": elbow[:1]} | everybody)) == 2


def free_shop(customers: int = 12, *, months: int = 3, reviews: bool = False, places: bool = False) -> Shop:
    """Everything is free: gifts and samples."""
    shop = Shop()
    for number in range(customers):
        shop.order(
            f"person-{number:02}",
            f"2018-0{1 + number % months}-{1 + number:02} 00:00:00",
            [("bebes", "0.00", "0.00")],
            reviews=[(5, "2018-06-01 00:00:00")] if reviews else None,
            state="SP" if places else "",
        )
    if places:
        shop.place("99999", "-23.5", "-46.6")
    return shop


@pytest.mark.slow
@pytest.mark.parametrize(
    "shop",
    [
        free_shop(),
        free_shop(reviews=True, places=True),
        free_shop(3, months=1),
    ],
    ids=["nothing but orders", "with reviews and places", "three people in one month"],
)
def test_a_shop_where_everything_is_free_has_a_report(
    connection: psycopg.Connection, tmp_path: Path, shop: Shop
) -> None:
    shop.write(tmp_path)
    people = {row[1] for row in shop.tables["olist_customers_dataset"]}
    for as_of in (None, date(2018, 9, 1), None):
        run_id = pipeline.run(connection, tmp_path, as_of)
        pipeline.deliver(connection, run_id, None)
        page = Page(render_report(connection, run_id))
        assert "R$ 0 of purchases" in " ".join(page.text.split())
        assert "none of all purchases" in " ".join(page.text.split())
        assert sum(int(row[1]) for row in page.tables["Segment"]) == len(people)
        assert {row[4] for row in page.tables["Segment"]} == {"none"}
        assert {row[5] for row in page.tables["Segment"]} == {"R$ 0.00"}
        written = write_outputs(connection, run_id, tmp_path / "outputs")
        assert written["rows"]["final_customer_segments"] == len(people)
    assert not re.search(r"\b(nan|inf)\b", page.text)
    spends = connection.execute("select sum(avg_lifetime_spend) from analytics.vw_segment_summary")
    assert spends.fetchone() == (0,)


def test_what_came_of_a_free_month_is_zero(connection: psycopg.Connection, tmp_path: Path) -> None:
    """The same people took more gifts: purchases, but no revenue to share or to compare."""
    shop = free_shop()
    for number in range(4):
        shop.order(f"person-{number:02}", f"2018-06-0{number + 1} 00:00:00", [("bebes", "0.00", "0.00")])
    shop.order("last", "2018-11-01 00:00:00", [("bebes", "0.00", "0.00")])
    shop.write(tmp_path)
    for as_of in (date(2018, 5, 1), None):
        run_id = pipeline.run(connection, tmp_path, as_of)
    page = Page(render_report(connection, run_id))
    rows = [
        row for row in page.tables["Action"] if row[0] in ("Free Shipping Nudge", "10% Off Your Next Order")
    ]
    assert rows and all(row[3:] == ["R$ 0.00", "R$ 0.00"] for row in rows)
    evaluation = evaluate(connection)
    assert {group.lift for group in evaluation.groups("segment")} == {None}
    console = Console(file=io.StringIO(), width=200)
    print_evaluation(evaluation, console)
    assert "Nobody bought anything." in console.file.getvalue()


def test_a_campaign_for_people_who_paid_nothing_has_a_goal() -> None:
    profile = {"customers": 3, "share": 1, "spend": 0, "orders": 1, "recency_days": 1, "review_score": None}
    profile |= {"category": None, "category_portuguese": None, "state": None}
    text = {"en": "{spend}, from {goal} on", "pt-BR": "{spend}, a partir de {goal}"}
    campaign = Campaign.model_validate(dict.fromkeys(Campaign.model_fields, text))
    english, portuguese = (each["offer"].replace("\u00a0", " ") for each in write_campaign(campaign, profile))
    assert english == "R$0.00, from R$ 10 on"
    assert portuguese == "R$ 0,00, a partir de R$ 10"


def scored(**silhouettes: float) -> list[dict]:
    return [
        {"k": int(k[1:]), "inertia": 100.0 - int(k[1:]), "silhouette": silhouette}
        for k, silhouette in silhouettes.items()
    ]


@pytest.mark.parametrize(
    ("elbows", "says"),
    [
        ([scored(k2=0.8, k3=0.4), scored(k2=0.7, k3=0.4), scored(k2=0.4, k3=0.4)], "the last 2 models"),
        ([scored(k2=0.8, k3=0.4), scored(k2=0.5, k3=0.4, k4=0.6)], None),
        ([scored(k2=0.8, k3=0.4)], None),
        ([scored(k2=0.45, k3=0.4), scored(k2=0.8, k3=0.4)], None),
        ([], None),
    ],
)
def test_another_number_of_clusters_is_named_where_several_models_want_it(
    elbows: list[list[dict]], says: str | None
) -> None:
    model = {"k": 3, "elbow": scored(k2=0.8, k3=0.4), "customers": 9, "elbow_customers": 9}
    sentences = [each for each in why_k(model | {"chain_elbows": elbows}) if "clearly better" in each]
    assert len(sentences) == (says is not None)
    if says:
        assert says in sentences[0] and "2 clusters would be clearly better than 3" in sentences[0]
