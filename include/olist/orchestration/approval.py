"""The question whether a plan may be sent, as Airflow asks it: in its UI, by its API, or in a terminal.

The task waits in a state of its own, without a worker, a pool's slot or the triggerer. Airflow 3.3.2 keeps
the text of a question as long as the run, whatever is retried or cleared, so a plan that has changed needs
another task to ask about it: there are QUESTIONS of them, one after the other.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator

# The tasks that may ask, in their order.
QUESTIONS = ("approve", "approve_again", "approve_at_last")
# The modes (the param `sync`) whose plans wait for a person.
ASKED_ABOUT = ("approve", "restore")
# Answers in the place of the UI, given subject and text of the question: `make run` has no UI.
answer_at_once: Callable[[str, str], bool] | None = None

CHANGED = "The plan has changed while it waited, so it was not sent: the next task asks about the new one."

log = logging.getLogger(__name__)


class AskForApproval(ApprovalOperator):
    """Where `sync` is `approve` or `restore`: asks a person whether the plan may be sent, and waits for the
    answer in Airflow's UI or by its API; else it goes on at once. Without an answer in time
    (`hubspot.approval_hours` of `strategy.yaml`) nothing is sent and the run goes on. A plan that has changed
    meanwhile is not sent: the next of these tasks asks about the new one. Clear the first, with everything
    downstream, to be asked again."""

    # Neither subject nor text: what is in braces in the name of an action is no template.
    template_fields = ("run_number", "parts")

    def __init__(self, *, run_number: Any, parts: Any, **more: Any) -> None:
        super().__init__(
            subject="May this be sent to HubSpot?",
            defaults=self.REJECT,
            # `execute` says how long it really is.
            response_timeout=timedelta(hours=1),
            doc_md=self.__doc__,
            **more,
        )
        self.run_number, self.parts = run_number, parts

    def execute(self, context: Any) -> list[int]:
        """Asks. Where nobody has to be asked, returns the parts to send; none if another task has to ask."""
        if context["params"]["sync"] not in ASKED_ABOUT:
            return self.parts
        from olist.orchestration import alerts, tasks
        from olist.stages.upsert_hubspot import approving

        place = QUESTIONS.index(self.label)
        more = {"task": self.task_id, "is_first": place == 0, "links": _links(context)}
        ask = partial(approving.ask, folder=tasks.output_folder(), **more)
        asked = tasks.run_stage("upsert_hubspot", ask, self.run_number, part=f"ask {place + 1}")
        if not asked["is_open"]:
            return self._leave_to_next() if asked.get("has_another_text") else asked["parts"]
        self.subject, self.body = asked["subject"], asked["text"]
        self.response_timeout = timedelta(hours=asked["hours"])
        context["ti"].xcom_push("fingerprint", asked["fingerprint"])
        if answer_at_once:
            is_approved = answer_at_once(self.subject, self.body)
            return self._decide(context, is_approved, "the terminal of make run", datetime.now(UTC))
        url = self.generate_link_to_ui_from_context(context=context)
        alerts.waits_for_approval(context, self.subject, asked["hours"], url)
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> list[int]:
        """Does what was answered. A timeout counts as a no."""
        answer = HITLOperator.execute_complete(self, context, event)
        user = answer["responded_by_user"]
        by = (user.get("name") or user.get("id")) if user else None
        return self._decide(context, answer["chosen_options"] == [self.APPROVE], by, answer["responded_at"])

    def _decide(self, context: Any, is_approved: bool, by: str | None, at: datetime) -> list[int]:
        from olist.orchestration import tasks
        from olist.stages.upsert_hubspot import approving

        if is_approved:
            fingerprint = context["ti"].xcom_pull(task_ids=self.task_id, key="fingerprint")
            settings = tasks.hubspot_settings()
            more = {"mode": context["params"]["sync"], "fingerprint": fingerprint, "by": by, "at": at}
            decide = partial(approving.approve, settings=settings, **more)
        else:
            why_not = f"{by} said no" if by else "nobody has answered in time (hubspot.approval_hours)"
            decide = partial(approving.refuse, why_not=why_not, by=by, at=at)
        decided = tasks.run_stage("upsert_hubspot", decide, self.run_number, part="approve")
        return self._leave_to_next() if decided["status"] == "waiting" else decided["parts"]

    def _leave_to_next(self) -> list[int]:
        from airflow.sdk.exceptions import AirflowFailException

        if self.label == QUESTIONS[-1]:
            raise AirflowFailException(
                "The plan has changed each time while it waited, and this run can ask no more: trigger the"
                " month again."
            )
        log.warning(CHANGED)
        return []


def _links(context: Any) -> dict[str, str]:
    """What a question is about, by what the links are called."""
    from airflow.sdk.configuration import conf

    ti = context["ti"]
    page = f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/customer-segments"
    run = urlencode({"dag_id": ti.dag_id, "dag_run_id": ti.run_id})
    number = ti.xcom_pull(task_ids="start_run")
    return {
        "campaign_list.csv": f"{page}/runs/{number}/campaign-list",
        "the run on the page Customer segments": f"{page}/run?{run}",
    }
