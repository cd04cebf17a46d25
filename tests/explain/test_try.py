from rich.console import Console
from support.two_months import make_two_months

from olist.explain.story import one_state, tell
from olist.explain.terminal import print_story
from olist.strategy.reading import read_strategy


def test_try(connection, demo, tmp_path):
    make_two_months(connection, demo, tmp_path / "outputs")
    person = connection.execute(
        "select customer_unique_id from analytics.vw_customer_segments order by frequency desc limit 1"
    ).fetchone()[0]
    refused = connection.execute(
        "select customer_unique_id from ops.hubspot_failures where customer_unique_id in (select customer_unique_id from analytics.vw_customer_segments where loyalty_tier = 'Silver') limit 1"
    ).fetchone()[0]
    with one_state(connection, 10) as cursor:
        for each in (person, refused):
            print_story(
                tell(cursor, read_strategy(), each, with_personal=True), Console(width=180, highlight=False)
            )
    assert 0
