"""What the fork server of task_processes imports before it forks."""

import airflow.providers.postgres.hooks.postgres
import airflow.sdk.exceptions
import jinja2
import matplotlib.figure
import sklearn.cluster
import task_processes

from olist import tasks

__all__ = ["airflow", "jinja2", "matplotlib", "sklearn", "task_processes", "tasks"]
task_processes.all_tasks()
