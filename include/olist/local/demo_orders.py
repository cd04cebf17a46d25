"""The tables of `demo_data` that have to do with orders: what was bought, paid and said."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from olist.local.demo_values import (
    BLACK_FRIDAY,
    COMMENTS,
    FIRST_DAY,
    HOURS,
    INSTALMENTS,
    ITEMS_PER_ORDER,
    LAST_DAY,
    MONTHS,
    ORDERS_PER_PERSON,
    PAYMENT_TYPES,
    SCORES,
    SHARES_WITH_MESSAGE,
    SHARES_WITHOUT_ITEMS,
    STATUS_SHARES,
    STATUSES,
    STEPS,
    STEPS_HAPPENED,
    WEEKDAYS,
)

Table = dict[str, np.ndarray]


def address(owner: str, places: Table, place: np.ndarray) -> Table:
    """The three columns of somebody in the given places."""
    columns = {"zip_code_prefix": "zip", "city": "city", "state": "state"}
    return {f"{owner}_{column}": places[name][place] for column, name in columns.items()}


def make_customers(rng: Generator, places: Table, size: int) -> Table:
    """One row per order, as in the originals."""
    orders_of = 1 + draw(rng, ORDERS_PER_PERSON, size + 3)
    orders_of[:3] = np.clip((15, 11, 9), 1, max(1, size // 100))
    person = np.repeat(np.arange(size + 3), orders_of)[:size]
    again = np.append(False, person[1:] == person[:-1])
    moved = again & (rng.random(size) < 0.1)
    place = rng.integers(len(places["zip"]), size=size + 3)[np.where(moved, np.arange(size), person)]
    # Some order twice at once: `_twin` is the other order's row, or -1.
    twin = again & (rng.random(size) < 0.25)
    twin[1:] &= ~twin[:-1]
    shuffled = rng.permutation(size)
    twin_row = np.where(twin, np.argsort(shuffled)[np.arange(size) - 1], -1)
    return {
        "customer_id": random_ids(rng, size),
        "customer_unique_id": random_ids(rng, size + 3)[person[shuffled]],
        **address("customer", places, place[shuffled]),
        "_latitude": places["latitude"][place[shuffled]],
        "_twin": twin_row[shuffled],
    }


def make_orders(rng: Generator, customers: Table) -> Table:
    """The orders of the customers."""
    size, twin = len(customers["_twin"]), customers["_twin"]
    # At least one order of each status.
    others = [max(1, round(size * share)) for share in STATUS_SHARES[1:]]
    counts = [max(size - sum(others), (size + 1) // 2), *others]
    status = rng.permutation(np.repeat(np.arange(len(STATUSES)), counts)[:size])
    purchased = _purchase_times(rng, size)
    purchased = np.where(twin >= 0, purchased[twin] + rng.integers(120, size=size), purchased)
    times = [purchased]
    for median, spread, longest in STEPS:
        times.append(times[-1] + _days(rng.lognormal(np.log(median), spread, size).clip(0, longest)))
    estimated = (times[-1] + _days(rng.normal(12, 8.5, size))).astype("M8[D]")
    estimated = np.maximum(estimated, purchased.astype("M8[D]") + 2).astype("M8[s]")
    late = times[-1] > estimated
    happened = np.array(STEPS_HAPPENED)[status]
    happened[_some(status == 0, 1, 10_000)] = 2  # Delivered, but it is not said when.
    for step in (1, 2, 3):
        times[step][happened < step] = np.datetime64("NaT")
    return {
        "order_id": random_ids(rng, size),
        "customer_id": customers["customer_id"],
        "order_status": np.array(STATUSES, "O")[status],
        "order_purchase_timestamp": purchased,
        "order_approved_at": times[1],
        "order_delivered_carrier_date": times[2],
        "order_delivered_customer_date": times[3],
        "order_estimated_delivery_date": estimated,
        "_status": status,
        "_late": late,
    }


def _purchase_times(rng: Generator, size: int) -> np.ndarray:
    days = np.arange(FIRST_DAY, LAST_DAY + 1)
    month = (days.astype("M8[M]") - days[0].astype("M8[M]")).astype(int)
    weights = np.array(MONTHS)[month] / np.bincount(month)[month]
    weights *= np.array(WEEKDAYS)[(days.astype(int) + 3) % 7]  # 1970-01-01 was a Thursday.
    weights[days == BLACK_FRIDAY] *= 5.5
    weights[(days > BLACK_FRIDAY) & (days <= BLACK_FRIDAY + 4)] *= 1.8
    day = days[draw(rng, weights, size)]
    day[0], day[-1] = FIRST_DAY, LAST_DAY
    return day.astype("M8[s]") + 3600 * draw(rng, HOURS, size) + rng.integers(3600, size=size)


def make_items(rng: Generator, customers: Table, orders: Table, products: Table) -> Table:
    """What was bought; puts each order's total into its `_total`."""
    counts = 1 + draw(rng, ITEMS_PER_ORDER, len(orders["order_id"]))
    counts[_some(orders["_status"] == 0, 1, 100_000)] = 21
    counts[rng.random(len(counts)) < np.array(SHARES_WITHOUT_ITEMS)[orders["_status"]]] = 0
    order, number = _repeated(counts)
    size = len(order)
    # Most further items are one more of the same.
    same = (number > 1) & (rng.random(size) < 0.75)
    like = np.maximum.accumulate(np.where(same, 0, np.arange(size)))
    product = (len(products["_price"]) * rng.random(size) ** 1.7).astype(int)[like]
    changed = np.where(rng.random(size) < 0.15, rng.uniform(0.85, 1.15, size), 1)[like]
    price = products["_price"][product] * changed
    freight = rng.lognormal(np.log(1780), 0.36, size)[like] * (price / 7600) ** 0.13
    freight *= 0.85 + 0.03 * np.abs(customers["_latitude"] + 23)[order]
    freight[rng.random(size) < 0.004] = 0
    price, freight = np.rint(price).astype(int), np.rint(freight).astype(int)
    limit = orders["order_purchase_timestamp"] + _days(rng.uniform(3, 9, len(counts)))
    orders["_total"] = np.bincount(order, price + freight, len(counts)).astype(int)
    return {
        "order_id": orders["order_id"][order],
        "order_item_id": number,
        "product_id": products["product_id"][product],
        "seller_id": products["_seller_id"][product],
        "shipping_limit_date": limit[order],
        "price": price,
        "freight_value": freight,
    }


def make_payments(rng: Generator, orders: Table) -> Table:
    """What was paid for the orders' totals."""
    total = orders["_total"].copy()
    without_items = np.flatnonzero(total == 0)
    total[without_items] = rng.lognormal(np.log(10_000), 0.8, len(without_items))
    total[rng.random(len(total)) < 0.003] += 137  # Interest, so that it is not what the items cost.
    total[without_items[:3]] = 0
    counts = np.where(rng.random(len(total)) < 0.03, 1 + rng.geometric(0.75, len(total)).clip(1, 25), 1)
    counts[without_items[:3]] = 1
    counts[np.flatnonzero(orders["_status"] == 0)[1:2]] = 0  # One order that nobody paid.
    order, number = _repeated(counts)
    kind = draw(rng, (75.5, 20, 3, 1.5), len(total))[order]
    kind[counts[order] > 1] = 0
    kind[number > 1] = 2
    kind[np.isin(order, without_items[:3])] = 4
    instalments = np.where(kind == 0, 1 + draw(rng, INSTALMENTS, len(order)), 1)
    instalments[_some(kind == 0, 2, 50_000)] = 0
    # Each part gets a share of the total, some nothing, and the last one what is left.
    share = rng.random(len(order))
    share[_some((number == 2) & (counts[order] > 2), 2, 20_000)] = 0
    paid = np.cumsum(share)
    before = (paid - share)[np.flatnonzero(number == 1)][np.cumsum(counts > 0)[order] - 1]
    last = number == counts[order]
    whole = (paid - before)[last][np.cumsum(counts > 0)[order] - 1]
    until = np.where(last, total[order], np.floor(total[order] * (paid - before) / whole)).astype(int)
    value = np.where(number == 1, until, np.diff(until, prepend=0))
    number[_some((counts[order] == 1) & (rng.random(len(order)) < 0.1), 2, 1200)] = 2
    return {
        "order_id": orders["order_id"][order],
        "payment_sequential": number,
        "payment_type": PAYMENT_TYPES[kind],
        "payment_installments": instalments,
        "payment_value": value,
    }


def make_reviews(rng: Generator, orders: Table, twin: np.ndarray) -> Table:
    """What was thought of the orders."""
    counts = draw(rng, (0.008, 0.982, 0.009, 0.001), len(twin))
    order, number = _repeated(counts)
    size = len(order)
    situation = np.where(orders["_status"] > 0, 2, orders["_late"])[order]
    score = 1 + (rng.random(size)[:, None] > np.cumsum(SCORES, axis=1)[situation, :4]).sum(axis=1)
    mood = np.array([0, 0, 1, 2, 2])[score - 1]
    titles, messages = _comments()
    title = np.where(rng.random(size) < 0.12, titles[mood, rng.integers(titles.shape[1], size=size)], "")
    message = messages[mood, rng.integers(messages.shape[1], size=size)]
    message[rng.random(size) >= SHARES_WITH_MESSAGE[score - 1]] = ""
    delivered, estimated = orders["order_delivered_customer_date"], orders["order_estimated_delivery_date"]
    day = np.where(np.isnat(delivered), estimated, delivered)[order].astype("M8[D]") + 1 + 5 * (number - 1)
    created = day.astype("M8[s]")
    # Two orders at once often have one review, which is in the file twice.
    shared = (number == 1) & (twin[order] >= 0) & (counts[twin[order]] > 0) & (rng.random(size) < 0.6)
    source = np.where(shared, (np.cumsum(counts) - counts)[twin[order]], np.arange(size))
    return {
        "review_id": random_ids(rng, size)[source],
        "order_id": orders["order_id"][order],
        "review_score": score[source],
        "review_comment_title": title[source],
        "review_comment_message": message[source],
        "review_creation_date": created[source],
        "review_answer_timestamp": (created + _days(rng.lognormal(0.5, 0.8, size)))[source],
    }


def _comments() -> tuple[np.ndarray, np.ndarray]:
    """Titles and messages as they are in a file, a row for each mood."""
    titles, messages = [], []
    for mood_titles, beginnings, ends in COMMENTS:
        texts = itertools.product(beginnings, (", ", ". ", "\r\n", "\n\n"), ends)
        titles.append([_escaped(text) for text in mood_titles])
        messages.append([_escaped("".join(parts)) for parts in texts])
    return np.array(titles, "O"), np.array(messages, "O")


def _escaped(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def random_ids(rng: Generator, size: int) -> np.ndarray:
    """Ids of 16 bytes, written as 32 hexadecimal digits."""
    return np.frombuffer(rng.bytes(16 * size), "V16")


def draw(rng: Generator, weights: Sequence[float] | np.ndarray, size: int) -> np.ndarray:
    """Numbers from 0, each as often as its weight says."""
    return rng.choice(len(weights), size, p=np.array(weights) / np.sum(weights))


def _days(days: np.ndarray) -> np.ndarray:
    return (days * 86_400).astype("m8[s]")


def _some(candidates: np.ndarray, at_least: int, one_in: int) -> np.ndarray:
    """The first few rows of the candidates, so that an oddity is in files of any size."""
    return np.flatnonzero(candidates)[: max(at_least, len(candidates) // one_in)]


def _repeated(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of `counts` rows of every order: the order's row, and the number from 1 within it."""
    order = np.repeat(np.arange(len(counts)), counts)
    return order, np.arange(len(order)) - (np.cumsum(counts) - counts)[order] + 1
