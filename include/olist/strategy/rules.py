"""What strategy.yaml may say: its fields, and how they have to fit together."""

import re
from collections.abc import Iterator
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SkipValidation, model_validator

from olist.strategy.document import Place
from olist.strategy.limits import MAX_APPROVAL_HOURS, Limits
from olist.strategy.part import HOW_TO_WRITE, NUMBER, Part, check_braces, plain_number

SEGMENT_FIELDS = {
    "r_score": "integer",
    "f_score": "integer",
    "m_score": "integer",
    "recency_days": "integer",
    "frequency": "integer",
    "monetary": "numeric",
}
ACTION_FIELDS = {
    "loyalty_tier": "text",
    "segment_name": "text",
    "favorite_category": "text",
    "customer_state": "text",
    "avg_review_score": "numeric",
    "recency_days": "integer",
    "frequency": "integer",
    "monetary": "numeric",
}
# A reason is part of what HubSpot is sent, and must not change merely because time passed.
REASON_FIELDS = {field: kind for field, kind in ACTION_FIELDS.items() if field != "recency_days"}

COMPARISON = re.compile(rf"^(<=|>=|<|>|=)\s*({NUMBER})$")
# Where the point may stand between thousands. A mean of reviews has as many digits, and no thousands.
THOUSANDS = re.compile(r"(?<![0-9])([1-9][0-9]{0,2})\.([0-9]{3})$")
MEANS = ("avg_review_score",)

Value = str | int | float | Decimal
Condition = Value | list[Value]


def _check_reason(template: str) -> str:
    return check_braces(template, REASON_FIELDS, "a value a reason can show")


def _fold(status: str) -> str:
    """As staging.folded does with the statuses of the files: no capitals of ASCII, no blanks around them."""
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), status.strip())


class Segment(Part):
    """The first segment whose conditions all hold is the customer's."""

    name: str = Field(min_length=1)
    """What the segment is called in reports and in HubSpot."""
    when: dict[str, SkipValidation[Condition]] = Field(default_factory=dict)
    """The conditions, all of which must hold. Only the last segment has none: it is for everybody else."""


class Action(Part):
    """What to do for a customer, and why."""

    next_action: str = Field(min_length=1)
    """What to do next for the customer, as the CRM shows it."""
    because: Annotated[str, AfterValidator(_check_reason)]
    """The sentence the CRM shows as the reason. It may hold values in braces, such as {loyalty_tier}."""


class ActionRule(Action):
    """The first rule whose conditions all hold gives the customer's next action."""

    when: dict[str, SkipValidation[Condition]] = Field(min_length=1)
    """The conditions, all of which must hold."""


class Model(Part):
    """When a month shares its tier model with others, and how many customers a model learns from.

    A vintage begins every `vintage_months` months from January on; `min_gain` is a share of inertia,
    `max_drift` a population stability index.
    """

    vintage_months: Annotated[Literal[1, 2, 3, 4, 6, 12], BeforeValidator(plain_number)] = 1
    """How often it is asked whether another model has to take its place: every 1, 2, 3, 4, 6 or 12 months."""
    min_gain: Annotated[float, Field(ge=0), BeforeValidator(plain_number)] = 0.04
    """A model is kept unless it fits worse than the best new one by more than this share of inertia."""
    max_drift: Annotated[float, Field(gt=0), BeforeValidator(plain_number)] = 0.25
    """A month whose population stability index is above this has a model of its own."""
    sample: Annotated[int, Field(ge=20_000), BeforeValidator(plain_number)] = 100_000
    """Above this many customers a model learns from so many of them."""


class HubSpotNames(Part):
    """How HubSpot knows what we send, what we keep there, and what is read back."""

    property_prefix: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,39})?$")] = ""
    """What the names of our contact properties begin with: olist_, say, where others have taken the names."""
    lists: Annotated[bool | None, Field(strict=True)] = None
    """A list (segment) in HubSpot for each next action and segment. true: also one that somebody has deleted
    there comes back. false: none is made or changed."""
    verify_share: Annotated[float | None, Field(gt=0, le=1), BeforeValidator(plain_number)] = None
    """The share of the contacts that a delivery reads back before it plans: other ones each month. Empty:
    none, and all of them with sync=verify."""
    keep_edited: list[str] = Field(default_factory=list)
    """Contact properties that are left alone where a person has changed them in HubSpot, until our own value
    changes."""
    approval_hours: Annotated[float, Field(gt=0, le=MAX_APPROVAL_HOURS), BeforeValidator(plain_number)] = 72
    """With sync=approve, how long a plan waits for a person. Without a yes until then it is not sent."""


class Deliver(Part):
    """Who may become a contact in HubSpot. Who is one already is kept up to date in any case."""

    when: Annotated[
        dict[str, SkipValidation[Condition]], BeforeValidator(lambda given: {} if given is None else given)
    ] = Field(default_factory=dict)
    """The conditions, all of which must hold before somebody becomes a contact. Empty: everybody may."""
    at_most: int | None = Field(default=None, ge=1, strict=True)
    """How many contacts a delivery creates at most: the next one goes on. Empty: all of them."""


class Holdout(Part):
    """Who gets no action, by chance, so that the others can be compared with them.

    Who it is follows from `salt` and the customer's id alone: see ops.holdout_number.
    """

    share: Annotated[float, Field(ge=0, le=0.9), BeforeValidator(plain_number)] = 0
    """The share of the customers who are held out: 0.1 is 10 %; 0: nobody. Another is another experiment."""
    salt: str = Field(default="olist", min_length=1)
    """Any text. Another one draws other people, and is another experiment."""


class Strategy(Part):
    """The checked content of strategy.yaml."""

    excluded_statuses: list[Annotated[str, AfterValidator(_fold)]]
    """An order with one of these statuses never counts. Capitals and blanks around it make no difference."""
    keep_months: int | None = Field(default=None, ge=1, strict=True)
    """Snapshots this many months older than the newest one are dropped. Empty: every snapshot is kept."""
    keep_deliveries_months: int | None = Field(default=None, ge=1, strict=True)
    """Months of the delivery log this much older than the newest are dropped. Empty: all of it is kept."""
    keep_rejects_months: int | None = Field(default=None, ge=1, strict=True)
    """Rows that were set aside of files which only runs this many months older than the newest snapshot have
    read are deleted. Empty: they are kept."""
    keep_campaign_lists_months: int | None = Field(default=None, ge=1, strict=True)
    """Campaign lists this many months older than the newest snapshot are deleted. Empty: they are kept."""
    tiers: list[str] = Field(min_length=2)
    """The loyalty tiers, best first. Each has a default action."""
    model: Model = Model()
    """The model that tells the tiers apart."""
    category_groups: dict[str, list[str]] = Field(default_factory=dict)
    """Names for groups of categories, to be used in conditions on favorite_category."""
    segments: list[Segment] = Field(min_length=1)
    """The segments, in the order they are tried."""
    actions: list[ActionRule]
    """The rules for the next action, in the order they are tried."""
    default_actions: dict[str, Action]
    """One action for each tier, for everybody whom no rule has reached."""
    holdout: Holdout = Holdout()
    """Who gets no action, by chance, to see what the actions bring."""
    hubspot: HubSpotNames = HubSpotNames()
    """What HubSpot knows our contact properties by, and the lists there."""
    deliver: Deliver = Deliver()
    """Who may become a contact in HubSpot."""
    limits: Limits = Limits()
    """What is still normal. Beyond it a run stops before it changes what people read."""

    @model_validator(mode="before")
    @classmethod
    def _has_no_campaigns(cls, content: Any) -> Any:
        """Where they were before they had a file of their own."""
        if isinstance(content, dict) and "campaigns" in content:
            _fault(
                ("campaigns",),
                "campaigns have a file of their own: move them to campaigns.yaml beside this one",
            )
        return content

    @model_validator(mode="after")
    def _fits_together(self) -> "Strategy":
        _refuse_repeats(self.tiers, "tiers")
        _refuse_repeats([segment.name for segment in self.segments], "segments")
        for number, segment in enumerate(self.segments):
            is_last = number == len(self.segments) - 1
            if is_last and segment.when:
                _fault(
                    ("segments", number),
                    f"the last segment, {segment.name}, must have no `when`: it is for everybody else",
                )
            if not is_last and not segment.when:
                _fault(
                    ("segments", number),
                    f"{segment.name} has no `when`, so no segment after it can be reached",
                )
            self._check_conditions(segment.when, SEGMENT_FIELDS, ("segments", number, "when"))
        for number, action in enumerate(self.actions):
            self._check_conditions(action.when, ACTION_FIELDS, ("actions", number, "when"))
        self._check_conditions(self.deliver.when, ACTION_FIELDS, ("deliver", "when"))
        for tier in self.default_actions:
            if tier not in self.tiers:
                _fault(("default_actions", tier), f"'{tier}' is not one of the tiers {', '.join(self.tiers)}")
        for tier in self.tiers:
            if tier not in self.default_actions:
                _fault(("default_actions",), f"the tier {tier} has no default action")
        names = {action.next_action for action in [*self.actions, *self.default_actions.values()]}
        for name in self.limits.apologies if "apologies" in self.limits.model_fields_set else []:
            if name not in names:
                _fault(("limits", "apologies"), f"'{name}' is not a next action of these rules")
        return self

    def _check_conditions(self, when: dict[str, Condition], fields: dict[str, str], place: Place) -> None:
        names = {"loyalty_tier": self.tiers, "segment_name": [segment.name for segment in self.segments]}
        for field, condition in when.items():
            here = (*place, field)
            if condition == []:
                _fault(here, f"{field} has an empty list, which no customer can meet")
            if field not in fields:
                _fault(here, f"'{field}' is not a field of these rules; choose from {', '.join(fields)}")
            for value_place, value in values_of(condition, here):
                if fields[field] != "text":
                    _check_number(field, value, value_place, may_compare=not isinstance(condition, list))
                elif not isinstance(value, str):
                    _fault(value_place, f"{field} is a text: put it in quotes", shows_value=True)
                elif field in names and value not in names[field]:
                    _fault(value_place, f"'{value}' is not one of {', '.join(names[field])}")


def values_of(condition: Condition, place: Place) -> Iterator[tuple[Place, Value]]:
    """Each value of a condition that is in this place, with its own."""
    if isinstance(condition, list):
        yield from (((*place, number), value) for number, value in enumerate(condition))
    else:
        yield place, condition


class FaultError(ValueError):
    """What does not fit together, and the place in the file, as keys and list numbers.

    `shows_value`: the sentence goes on with what is written in that place.
    """

    def __init__(self, place: Place, sentence: str, shows_value: bool = False) -> None:
        super().__init__(sentence)
        self.place, self.shows_value = place, shows_value


def _fault(place: Place, sentence: str, shows_value: bool = False) -> None:
    raise FaultError(place, sentence, shows_value)


def _check_number(field: str, value: Any, place: Place, may_compare: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, Value):
        _fault(place, f'{field} takes a number or a comparison like ">= 2"', shows_value=True)
    is_number = isfinite(value) if not isinstance(value, str) else may_compare and COMPARISON.match(value)
    if not is_number:
        _fault(place, f"'{value}' is neither a number nor a comparison like \">= 2\": {HOW_TO_WRITE}")
    if field not in MEANS and (match := THOUSANDS.search(str(value))):
        thousands, small = "".join(match.groups()), Decimal(match[0]).normalize()
        _fault(place, f"'{value}' may mean {thousands} or {small:f}: write the one that is meant")


def _refuse_repeats(names: list[str], place: str) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            _fault((place, number), f"'{name}' is there twice")
