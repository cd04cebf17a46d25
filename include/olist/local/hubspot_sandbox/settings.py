"""What one sandbox is told at its start."""

from pydantic import BaseModel, ConfigDict, Field

from olist.local.hubspot_sandbox.faults import Faults

DEFAULT_TOKEN = "sandbox-token"


class SandboxSettings(BaseModel):
    """Token, place of the data, limits and the faults to begin with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: str = Field(DEFAULT_TOKEN, min_length=1, description="the only access token that is let in")
    database: str = Field(":memory:", description="path of the SQLite file, or `:memory:`")
    portal_id: int | None = Field(
        None, ge=1, lt=2**31, description="the account's number; None: drawn once, and kept in the database"
    )
    ui_domain: str | None = Field(
        None, description="where a browser finds the pages, if not where the API is"
    )
    ten_second_limit: int = Field(190, ge=0, description="requests in any ten seconds")
    daily_limit: int = Field(250_000, ge=0, description="requests between two midnights, UTC")
    faults: Faults = Faults()
