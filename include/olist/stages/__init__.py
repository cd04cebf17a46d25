"""What a run does: one module for each task of the DAG, under the task's name, and the gates between them."""
