"""`python -m olist.local.hubspot_sandbox`: run the sandbox in the foreground."""

import argparse
import os
from pathlib import Path

from olist.local.hubspot_sandbox.faults import Faults
from olist.local.hubspot_sandbox.server import HOST, serve
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN, SandboxSettings

TOKEN_VARIABLE = "HUBSPOT_SANDBOX_TOKEN"


def main() -> None:
    """Read the command line, serve until told to stop."""
    arguments = _parser().parse_args()
    settings = SandboxSettings(
        token=_token(),
        database=str(arguments.database),
        portal_id=arguments.portal_id,
        ui_domain=arguments.ui_domain,
        ten_second_limit=arguments.ten_second_limit,
        daily_limit=arguments.daily_limit,
        faults=Faults.model_validate_json(arguments.faults),
    )
    arguments.database.parent.mkdir(parents=True, exist_ok=True)
    serve(settings, arguments.port, arguments.port_file, arguments.host)


def _token() -> str:
    """From a file or the environment, because a command line can be read by every user."""
    if path := os.environ.get(f"{TOKEN_VARIABLE}_FILE"):
        return Path(path).read_text().strip()
    return os.environ.get(TOKEN_VARIABLE) or DEFAULT_TOKEN


def _parser() -> argparse.ArgumentParser:
    defaults = SandboxSettings()
    parser = argparse.ArgumentParser(
        prog="hubspot_sandbox",
        description=f"A local HubSpot. The access token is {TOKEN_VARIABLE}, the content of the file"
        f" {TOKEN_VARIABLE}_FILE, or '{DEFAULT_TOKEN}'.",
    )
    parser.add_argument("--host", default=HOST, help=f"address to listen on, {HOST} unless in a container")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 picks a free one")
    parser.add_argument("--database", type=Path, required=True, help="SQLite file that keeps the contacts")
    parser.add_argument(
        "--portal-id",
        type=int,
        help="the account's number; each database has one of its own",
    )
    parser.add_argument("--ui-domain", help="host and port of the pages, if not those of the API")
    parser.add_argument("--port-file", type=Path, help="file to write the port to, once it answers")
    parser.add_argument("--ten-second-limit", type=int, default=defaults.ten_second_limit)
    parser.add_argument("--daily-limit", type=int, default=defaults.daily_limit)
    parser.add_argument("--faults", default="{}", help="faults to begin with, as JSON")
    return parser


if __name__ == "__main__":
    main()
