"""`python -m olist.local <command>`: the pipeline on one machine. `make` calls this."""

import argparse
import gc
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import psycopg
from rich.console import Console
from rich.markup import escape

from olist.exceptions import OlistError, OutageError
from olist.hubspot.answers import HubSpotUnavailableError
from olist.local import environment, postgres, sandbox_process, stopping
from olist.local.locks import alone
from olist.orchestration.outages import final_sentence_about, first_line

if TYPE_CHECKING:
    from olist.hubspot.client import HubSpot
    from olist.hubspot.findings import Finding

console = Console(highlight=False)
# Seconds for Airflow's components and their tasks to end.
PATIENCE = 30


def run() -> int:
    """Runs the DAG once, as of OLIST_AS_OF or the data's end. Returns 0 if every task succeeded."""
    began = time.monotonic()
    place = environment.prepare(say=console.print)
    console.print(f"Data: {place.data_dir}\nWarehouse: {place.warehouse}\nHubSpot: {place.hubspot}")

    from olist.local.dag_run import run_dag

    conf: dict[str, Any] = {
        param: os.environ[variable]
        for param, variable in (
            ("as_of", "OLIST_AS_OF"),
            ("retrain", "OLIST_RETRAIN"),
            ("sync", "OLIST_SYNC"),
        )
        if os.environ.get(variable)
    }
    if accepted := os.environ.get("OLIST_ACCEPT"):
        conf["accept"] = [gate.strip() for gate in accepted.split(",")]
    succeeded = run_dag(conf, place.home, console)
    console.print(f"{time.monotonic() - began:.0f} seconds in all")
    return 0 if succeeded else 1


def ui() -> int:
    """Airflow with its UI, in the foreground until Ctrl-C."""
    place = environment.prepare(say=console.print)
    port = os.environ.get("AIRFLOW__API__PORT", "8080")
    _check_free(port)
    console.print(f"Data: {place.data_dir}\nWarehouse: {place.warehouse}\nHubSpot: {place.hubspot}")
    console.print(f"Airflow: http://localhost:{port} (Ctrl-C ends it)")
    from olist.local.dag_run import check_no_run, prepare_airflow

    with alone(place.home, console.print):
        prepare_airflow(place.home)
        check_no_run(place.home)
    return _run_to_the_end(_airflow(["standalone"]))


def _check_free(port: str) -> None:
    """Airflow would go on without its page, as a second scheduler beside the first."""
    with socket.socket() as probe:
        # So that a port counts as free as soon as nobody listens on it.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError as error:
            raise OlistError(
                f"Port {port} of this machine is taken ({error.strerror}), perhaps by another make ui:"
                " end that, or choose another port (AIRFLOW_PORT=8090 make ui)."
            ) from None


def airflow(arguments: list[str]) -> int:
    """Airflow's own command line, in the environment of `ui`: `airflow backfill create ...`."""
    environment.prepare(say=console.print)
    program, *arguments = _airflow(arguments)
    os.execv(program, ["airflow", *arguments])


def _airflow(arguments: list[str]) -> list[str]:
    # `airflow standalone` looks for its own command on the PATH.
    programs = os.path.dirname(sys.executable)
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return [os.path.join(programs, "airflow"), *arguments]


def _run_to_the_end(command: list[str]) -> int:
    """Runs a command that starts many processes, and leaves none of them over when it is asked to end."""
    process = subprocess.Popen(command, start_new_session=True)
    try:
        return process.wait()
    except stopping.Stopped:
        console.print("Ending Airflow")
        # To all of them, since `airflow standalone` ends its components at Ctrl-C alone.
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=PATIENCE)
        raise
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def evaluate() -> int:
    """What the customers of every stored snapshot really bought afterwards, by segment, tier and score."""
    environment.prepare(say=console.print)

    from olist.orchestration import tasks
    from olist.report.evaluate import evaluate
    from olist.report.evaluate_tables import print_evaluation
    from olist.report.experiments import print_lift, read_lift
    from olist.stages.start_run import install
    from olist.strategy.reading import read_strategy

    with closing(tasks.connect()) as connection:
        install(connection, read_strategy())
        print_evaluation(evaluate(connection), console)
        print_lift(read_lift(connection), console)
    return 0


def preview() -> int:
    """What strategy.yaml as it is now would change in the newest snapshot, and which rules do nothing."""
    environment.prepare(say=console.print)

    from olist.orchestration import tasks
    from olist.strategy.lint import find_idle_rules
    from olist.strategy.preview import preview
    from olist.strategy.preview_tables import dead_rules, print_findings, print_preview
    from olist.strategy.reading import read_campaigns, read_strategy
    from olist.strategy.unknown_values import read_known_values, unknown_values

    strategy = read_strategy()
    read_campaigns(strategy)

    with closing(tasks.connect()) as connection:
        idle = find_idle_rules(connection, strategy)
        print_findings(idle, console)
        found = preview(connection, strategy)
        print_findings(unknown_values(strategy, read_known_values(connection)), console)
    print_findings(dead_rules(found, idle), console)
    print_preview(found, console)
    return 0


def check_hubspot() -> int:
    """Whether the HubSpot account can be delivered to, a sentence for each finding. Sends nothing."""
    environment.prepare(say=console.print)

    from olist.hubspot.hook import HubSpotHook
    from olist.orchestration import tasks
    from olist.stages.start_run import install
    from olist.stages.upsert_hubspot import preflight
    from olist.stages.upsert_hubspot.modes import CREATING
    from olist.strategy.reading import read_strategy

    strategy = read_strategy()
    hubspot = HubSpotHook().get_conn(strategy.hubspot.property_prefix)
    with closing(tasks.connect()) as connection:
        install(connection, strategy)
        mode = os.environ.get("OLIST_SYNC") or "upsert"
        findings = preflight.examine(connection, hubspot, strategy, mode)
        if mode in CREATING:
            findings += preflight.room_for_new(connection, hubspot)
    return print_findings(hubspot, findings)


def print_findings(hubspot: "HubSpot", findings: "list[Finding]") -> int:
    """A line for each finding, the worst first. Returns 1 if the account cannot be delivered to."""
    marks = {"stop": "[red]stops[/]  ", "warning": "[yellow]warns[/]  ", "note": "note   "}
    for weight, mark in marks.items():
        for each in (each for each in findings if each.weight == weight):
            console.print(f"{mark}{escape(each.sentence)}", soft_wrap=True)
    is_stopped = any(each.weight == "stop" for each in findings)
    able = "cannot" if is_stopped else "can"
    console.print(f"HubSpot at {hubspot.settings.base_url} {able} be delivered to.", soft_wrap=True)
    return int(is_stopped)


def erase() -> int:
    """Erases the person that the variable PERSON names. Returns 0 if nothing is left to do."""
    environment.prepare(say=console.print)

    from olist.erasure.erase import erase_with_connections

    return erase_with_connections(os.environ.get("PERSON", ""), say)


def explain() -> int:
    """Tells the story of the person that the variable PERSON names. Returns 0."""
    environment.prepare(say=console.print)

    from olist.explain.command import explain

    explain(os.environ.get("PERSON", ""), console)
    return 0


def raw() -> int:
    """Fills the schema raw with the files of the newest run, as text."""
    environment.prepare(say=console.print)

    from olist.orchestration import tasks
    from olist.stages.load import raw
    from olist.stages.start_run import install
    from olist.strategy.reading import read_strategy

    with closing(tasks.connect()) as connection:
        install(connection, read_strategy())
        for table, file, rows, broken in raw.fill(connection):
            more = f", {broken:,} of them no CSV and left out" if broken else ""
            say(f"raw.{table}: {rows:,} rows of {file}{more}")
    return 0


def say(sentence: str) -> None:
    """Prints a sentence in which nothing is markup."""
    console.print(sentence, markup=False, soft_wrap=True)


def stop() -> int:
    """Ends every server that the other commands have started. Data is kept."""
    for home in environment.homes():
        for name, stop_one in (("PostgreSQL", postgres.stop), ("HubSpot sandbox", sandbox_process.stop)):
            if stop_one(home):
                console.print(f"Stopped the {name} of {home}")
    return 0


def bench() -> int:
    """Measures, prints the ratios and writes them to outputs/bench.md."""
    from olist.local.bench.table import run_bench

    scales = [int(scale) for scale in (os.environ.get("OLIST_BENCH_SCALES") or "1,10").split(",")]
    rounds = int(os.environ.get("OLIST_BENCH_ROUNDS") or 5)
    orders = int(os.environ.get("OLIST_BENCH_ORDERS") or environment.BENCH_ORDERS)
    table = run_bench(console, scales, rounds, orders)
    console.print(table, markup=False)
    (environment.PROJECT / "outputs").mkdir(exist_ok=True)
    (environment.PROJECT / "outputs" / "bench.md").write_text(f"{table}\n")
    return 0


COMMANDS = {
    "run": run,
    "ui": ui,
    "evaluate": evaluate,
    "preview": preview,
    "check-hubspot": check_hubspot,
    "erase": erase,
    "explain": explain,
    "raw": raw,
    "stop": stop,
    "bench": bench,
}


def main() -> None:
    """Reads the command line; a user's mistake is one sentence and exit status 2."""
    parser = argparse.ArgumentParser(prog="olist.local", description=__doc__)
    parser.add_argument("command", choices=[*COMMANDS, "airflow"])
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what airflow is called with")
    given = parser.parse_args()
    if given.arguments and given.command != "airflow":
        parser.error(f"{given.command} takes no arguments")
    stopping.raise_when_asked()
    try:
        sys.exit(airflow(given.arguments) if given.command == "airflow" else COMMANDS[given.command]())
    except (OlistError, OutageError, HubSpotUnavailableError, postgres.EmbeddedPostgresError) as error:
        console.print(str(error), style="red", markup=False)
        sys.exit(2)
    except psycopg.errors.InsufficientPrivilege as error:
        console.print(str(final_sentence_about(error, given.command)), style="red", markup=False)
        sys.exit(2)
    except psycopg.OperationalError as error:
        console.print(f"The warehouse cannot be reached: {first_line(error)}.", style="red", markup=False)
        sys.exit(2)
    except stopping.Stopped as stopped:
        console.print(f"Stopped by {stopped.by}.", style="red", markup=False)
        sys.exit(stopped.status)


if __name__ == "__main__":
    try:
        main()
    finally:
        # Else Python looks through all that Airflow has made once more before it ends: two seconds.
        gc.freeze()
