"""What the fork server of task_processes imports before it forks."""

import airflow.providers.postgres.hooks.postgres
import airflow.sdk.exceptions
import hubspot.crm.contacts
import jinja2
import matplotlib.figure
import sklearn.cluster

from olist.local.hubspot_sandbox import settings
from olist.orchestration import tasks
from support import task_processes

__all__ = ["airflow", "hubspot", "jinja2", "matplotlib", "settings", "sklearn", "task_processes", "tasks"]
task_processes.all_tasks()
