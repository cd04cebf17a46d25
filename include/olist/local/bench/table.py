"""Everything that `make bench` measures, as one table."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rich.console import Console

from olist.local import demo_data, postgres
from olist.local.bench.core import start_of_training
from olist.local.bench.delivery import bench_delivery
from olist.local.bench.rounds import measure_round
from olist.local.bench.whole_run import measure_run, parse_seconds

DAG_FILE = Path(__file__).resolve().parents[4] / "dags" / "customer_segmentation.py"
# As many as Olist has published.
ORDERS = 99_441
# Above, a whole run would mostly be delivery: fifty times are 47,000 requests.
LARGEST_WHOLE_RUN = 10
# DuckDB and Polars hold everything in memory.
LARGEST_WITH_PEERS = 10
LARGEST_WITH_PANDAS = 1
# Ratios whose name says of what to what (the fastest of several), and what we want them to be; by scale,
# where that differs.
RATIOS: dict[str, tuple[str, tuple[str, ...], str | dict[int, str]]] = {
    "core / the faster of DuckDB and Polars doing the same work": (
        "core",
        ("duckdb whole", "polars whole"),
        "at most 1",
    ),
    "core / the faster of DuckDB and Polars storing the answer alone": (
        "core",
        ("duckdb answer", "polars answer"),
        "at most 1.5",
    ),
    "load and validate / bare COPY": ("load", ("copy",), "at most 2"),
    "features, scores, segments, tiers and actions / bare COPY": (
        "computing",
        ("copy",),
        {1: "at most 1", 10: "at most 1.5"},
    ),
    "core, unchanged files / first run": ("again core", ("core",), "at most 0.1"),
    "pandas / core, first run": ("pandas", ("core",), "at least 3"),
    "pandas / core, unchanged files": ("pandas", ("again core",), "at least 8"),
}
# What they take: seconds, CPU seconds, MB.
COSTS = {
    "bare COPY": "copy",
    "core": "core",
    "core, unchanged files": "again core",
    "DuckDB, the answer alone": "duckdb answer",
    "DuckDB, the same work": "duckdb whole",
    "Polars, the answer alone": "polars answer",
    "Polars, the same work": "polars whole",
    "pandas, the answer alone": "pandas",
}
# What the curve shows: seconds, but for the last.
CURVE = (
    "copy",
    "load",
    "features",
    "train",
    "assign",
    "publish",
    "core",
    "again core",
    "auto train",
    "auto core",
    "warehouse MB",
)
Row = tuple[str, str, str]
Row4 = tuple[str, str, str, str]


def run_bench(console: Console, scales: list[int], rounds: int, deliver_orders: int) -> str:
    """Measures everything. Returns the table as Markdown."""
    rows = [("start of the process that trains", f"{start_of_training():.1f} s", "")]
    core: dict[int, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        home = Path(name)
        home.chmod(0o755)
        for scale in scales:
            console.print(f"Inventing {scale * ORDERS:,} orders")
            files = home / f"files-{scale}"
            demo_data.generate(files, scale * ORDERS)
            core[scale] = _core_rounds(console, home, files, scale, rounds if scale == 1 else 1)
            rows += _core_rows(scale, core[scale])
            if scale <= LARGEST_WHOLE_RUN:
                console.print(f"{scale}x: a whole run")
                rows += _run_rows(scale, measure_run(files))
    rows += _growth(core)
    ours, nothing = parse_seconds(DAG_FILE)
    rows.append(("reading the DAG file, above an empty DAG", f"{ours - nothing:.2f} s", "under 0.3 s"))
    delivery = bench_delivery(console, deliver_orders)
    rows.append(
        (
            f"delivery, share of the permitted rate ({delivery['requests']:.0f} requests in"
            f" {delivery['seconds']:.0f} s, {delivery['too_many']:.0f} answers 429)",
            f"{delivery['share']:.1%}",
            "",
        )
    )
    curve = [(name, *(f"{_middle(rounds, name):.2f}" for rounds in core.values())) for name in CURVE]
    scales_of_curve = [f"{scale}x" for scale in core]
    return "\n\n".join(
        [
            _markdown(("what", "measured", "wanted"), rows),
            *(_markdown(_cost_header(scale), _cost_rows(rounds)) for scale, rounds in core.items()),
            _markdown(("seconds", *scales_of_curve), curve),
        ]
    )


def _markdown(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _middle(rounds: list[dict[str, float]], part: str) -> float:
    return median(each[part] for each in rounds)


def _core_rounds(
    console: Console, home: Path, files: Path, scale: int, rounds: int
) -> list[dict[str, float]]:
    measured = []
    uri = postgres.start(home)
    try:
        for number in range(rounds):
            measured.append(
                measure_round(
                    uri,
                    f"bench_{scale}_{number}",
                    files,
                    with_peers=scale <= LARGEST_WITH_PEERS,
                    with_pandas=scale <= LARGEST_WITH_PANDAS,
                )
            )
            seconds = ", ".join(f"{part} {each:.2f}" for part, each in measured[-1].items())
            console.print(f"{scale}x, round {number + 1}: {seconds} seconds", highlight=False)
    finally:
        postgres.stop(home)
    return measured


def _core_rows(scale: int, rounds: list[dict[str, float]]) -> list[Row]:
    return [
        (
            f"{scale}x: {name}",
            f"{median(each[above] / min(each[part] for part in below) for each in rounds):.2f}",
            wanted if isinstance(wanted, str) else wanted.get(scale, ""),
        )
        for name, (above, below, wanted) in RATIOS.items()
        if rounds[0].keys() >= {above, *below}
    ]


def _cost_header(scale: int) -> Row4:
    return (f"{scale}x", "seconds", "CPU seconds", "peak MB")


def _cost_rows(rounds: list[dict[str, float]]) -> list[Row4]:
    return [
        (
            what,
            f"{_middle(rounds, name):.2f}",
            f"{_middle(rounds, f'{name} cpu'):.2f}",
            f"{_middle(rounds, f'{name} MB'):.0f}",
        )
        for what, name in COSTS.items()
        if name in rounds[0]
    ]


def _run_rows(scale: int, run: dict[str, float]) -> list[Row]:
    rows = [
        (
            f"{scale}x: share of a whole `make run` that is not a stage's",
            f"{1 - run['stages'] / run['seconds']:.0%}",
            "",
        )
    ]
    return rows + [
        (f"{scale}x: peak memory of {what.removeprefix('MB ')}", f"{peak:.0f} MB", "at most 350 MB")
        for what, peak in run.items()
        if what.startswith("MB ")
    ]


def _growth(core: dict[int, list[dict[str, float]]]) -> list[Row]:
    """How many times the time of the smallest scale the others take."""
    first, *others = core
    seconds = {scale: _middle(rounds, "core") for scale, rounds in core.items()}
    return [
        (
            f"{scale}x / {first}x: seconds of the core",
            f"{seconds[scale] / seconds[first]:.1f}",
            f"at most {scale / first * 1.1:.0f}",
        )
        for scale in others
    ]
