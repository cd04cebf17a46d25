"""A seeded maker of files shaped like Olist's nine CSVs, whose originals may not be redistributed.

Everything is invented but public names (categories, states, cities) and rough proportions. The files keep the
originals' form and oddities: reviews shared by orders, payments that begin with part 2, products without a
category, zip prefixes without coordinates, comments with quotes and line breaks, and so on.

A table is a dict of numpy columns, which become text a chunk at a time. A column whose name begins with `_`
is not written: other tables need it. Money is in cents until it is written.
"""

import argparse
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.random import Generator

from olist.local import demo_contacts
from olist.local.demo_effect import Effect, with_effect
from olist.local.demo_orders import (
    Table,
    address,
    draw,
    make_customers,
    make_items,
    make_orders,
    make_payments,
    make_reviews,
    random_ids,
)
from olist.local.demo_values import (
    CATEGORIES,
    MAX_POINTS,
    MAX_ZIP_PREFIXES,
    PRICE_FACTORS,
    REGIONS,
    TRANSLATION,
    UNTRANSLATED,
)

CHUNK = 50_000
MONEY = {"price", "freight_value", "payment_value"}


def generate(
    folder: Path,
    orders: int = 20_000,
    seed: int = 2018,
    progress: Callable[[str], None] | None = None,
    contacts: bool = False,
    effect: Effect | None = None,
) -> dict[str, int]:
    """Write the nine files into a folder that is new or empty; return how many rows each file has.

    Equal `orders` and `seed` give equal bytes, with `contacts` or without: with them, the people to write to
    come as a tenth file. An `effect` adds orders of treated people at the end of the files. `progress` gets
    each table's name as its file begins. The folder appears only when all its files are complete.
    """
    if orders < 1:
        raise ValueError(f"There must be at least one order, not {orders}.")
    folder = Path(folder).resolve()
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; give a folder that is new or empty.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    rows = {}
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        unfinished = Path(temporary) / folder.name
        unfinished.mkdir()
        tables = _tables(np.random.default_rng(seed), orders)
        for name, table in with_effect(tables, effect, seed) if effect else tables:
            if progress:
                progress(name)
            file_name = f"{name}.csv" if name == TRANSLATION else f"olist_{name}_dataset.csv"
            rows[file_name] = _write(unfinished / file_name, table)
        if contacts:
            rows[demo_contacts.FILE_NAME] = demo_contacts.write_contacts(unfinished, seed)
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files from the command line and print a line for each."""
    parser = argparse.ArgumentParser(description="Write invented files shaped like Olist's nine CSVs.")
    parser.add_argument("folder", type=Path, help="a folder that is new or empty")
    parser.add_argument("--orders", type=int, default=20_000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=2018, help="default: %(default)s")
    parser.add_argument("--contacts", action="store_true", help="with customer_contacts.csv")
    options = parser.parse_args(arguments)
    try:
        rows = generate(options.folder, options.orders, options.seed, contacts=options.contacts)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    for file_name, count in rows.items():
        print(f"{file_name:<40}{count:>12,} rows")


def _tables(rng: Generator, size: int) -> Iterator[tuple[str, Table]]:
    """The tables, each made when its turn comes, so that few are in memory at once."""
    yield TRANSLATION, {}
    places = _places(rng, size)
    yield "geolocation", _geolocation(rng, places, size)
    sellers = _sellers(rng, places, max(10, size // 32))
    yield "sellers", sellers
    products = _products(rng, sellers, max(30, size // 3))
    yield "products", products
    customers = make_customers(rng, places, size)
    yield "customers", customers
    orders = make_orders(rng, customers)
    yield "orders", orders
    yield "order_items", make_items(rng, customers, orders, products)
    yield "order_payments", make_payments(rng, orders)
    yield "order_reviews", make_reviews(rng, orders, customers["_twin"])


def _places(rng: Generator, orders: int) -> Table:
    wanted, parts = min(MAX_ZIP_PREFIXES, max(60, orders * 3 // 10)), []
    for state, share, first, last, latitude, longitude, names in REGIONS:
        size = max(1, round(wanted * share / 1000))
        zips = np.sort(rng.choice(np.arange(first, last + 1), size, replace=False)).tolist()
        cities = np.array(names.split(","), "O")
        plain = [unicodedata.normalize("NFKD", city).encode("ascii", "ignore").decode() for city in cities]
        # The main city has the first half of the prefixes, the others equal parts of the rest.
        city = 1 + (2 * np.arange(size) / size - 1) * (len(cities) - 1)
        city = city.clip(0, len(cities) - 1).astype(int)
        north, east = (rng.normal(0, 0.5, (2, len(cities))) * (cities != cities[0]))[:, city]
        part = {
            "city": np.array(plain, "O")[city],
            "accented": cities[city],
            "state": np.full(size, state, "O"),
        }
        part["zip"] = np.array([f'"{prefix:05}"' for prefix in zips], "O")
        part["latitude"] = latitude + north + rng.normal(0, 0.05, size)
        # Brazil's coast is in the east, so all of a state is put to the west of its main city.
        part["longitude"] = longitude - np.abs(east + rng.normal(0, 0.05, size))
        parts.append(part)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _geolocation(rng: Generator, places: Table, orders: int) -> Table:
    known = np.flatnonzero(np.arange(len(places["zip"])) % 100 != 7)
    more = max(0, min(MAX_POINTS, 3 * orders) - len(known))
    place = np.sort(np.concatenate([known, rng.choice(known, more)]))
    latitude, longitude = (
        places[axis][place] + rng.uniform(-0.01, 0.01, len(place)) for axis in ("latitude", "longitude")
    )
    latitude[11::2000] += 60  # Somewhere in the north of the Atlantic.
    accented = rng.random(len(place)) < 0.2
    return {
        "geolocation_zip_code_prefix": places["zip"][place],
        "geolocation_lat": latitude,
        "geolocation_lng": longitude,
        "geolocation_city": np.where(accented, places["accented"][place], places["city"][place]),
        "geolocation_state": places["state"][place],
    }


def _sellers(rng: Generator, places: Table, size: int) -> Table:
    in_sao_paulo = rng.choice(np.flatnonzero(places["state"] == "SP"), size)
    place = np.where(rng.random(size) < 0.33, in_sao_paulo, rng.integers(len(places["zip"]), size=size))
    return {"seller_id": random_ids(rng, size), **address("seller", places, place)}


def _products(rng: Generator, sellers: Table, size: int) -> Table:
    names = np.array([line.split(",")[0] for line in CATEGORIES[1:]], "O")
    weights = np.exp(-np.arange(len(names)) / 9.5)
    category = names[draw(rng, weights + weights.sum() / 9 / len(names), size)]
    category[rng.random(size) < 0.0185] = ""
    category[-1] = ""
    category[size // 20 : size // 20 + 2] = UNTRANSLATED
    price = rng.lognormal(np.log(7400), 0.87, size) * [PRICE_FACTORS.get(name, 1) for name in category]
    ending = rng.choice([90, 99, 0, -1], size, p=[0.45, 0.25, 0.1, 0.2])
    price = np.where(ending < 0, price, price // 100 * 100 + ending).clip(85, 673_500)
    described = {
        "product_name_lenght": rng.normal(48, 10, size).clip(5, 76),
        "product_description_lenght": rng.lognormal(6.4, 0.7, size).clip(4, 3992),
        "product_photos_qty": rng.geometric(0.45, size).clip(1, 20),
    }
    measured = {"product_weight_g": rng.lognormal(6.5, 1.2, size).clip(50, 40_000)}
    for side, middle, lowest in (("length", 3.3, 7), ("height", 2.6, 2), ("width", 3.0, 6)):
        measured[f"product_{side}_cm"] = rng.lognormal(middle, 0.5, size).clip(lowest, 105)
    return {
        "product_id": random_ids(rng, size),
        "product_category_name": category,
        **{name: np.where(category == "", "", column.astype("i8")) for name, column in described.items()},
        **{name: np.where(np.arange(size) < 2, "", column.astype("i8")) for name, column in measured.items()},
        "_price": price,
        "_seller_id": sellers["seller_id"][(len(sellers["seller_id"]) * rng.random(size) ** 2).astype(int)],
    }


def _write(path: Path, table: Table) -> int:
    if not table:
        path.write_bytes("\r\n".join(CATEGORIES).encode("utf-8-sig"))
        return len(CATEGORIES) - 1
    columns = {name: column for name, column in table.items() if not name.startswith("_")}
    size = len(next(iter(columns.values())))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(f'"{name}"' for name in columns) + "\n")
        for start in range(0, size, CHUNK):
            texts = [_texts(name, column[start : start + CHUNK]) for name, column in columns.items()]
            file.writelines(f"{line}\n" for line in map(",".join, zip(*texts, strict=True)))
    return size


def _texts(name: str, column: np.ndarray) -> list[str]:
    if column.dtype.kind == "V":
        text = column.tobytes().hex()
        return [f'"{text[start : start + 32]}"' for start in range(0, len(text), 32)]
    if column.dtype.kind == "M":
        times = np.datetime_as_string(column)
        times.view("U1").reshape(len(times), -1)[:, 10] = " "  # Instead of the T.
        return np.where(np.isnat(column), "", times).tolist()
    if name in MONEY:
        return [f"{cents / 100:.2f}" for cents in column.tolist()]
    return list(map(str, column.tolist()))


if __name__ == "__main__":
    main()
