"""What a run does: one module (or, of many parts, one folder) for each task of the DAG, under its name, and the gates between them."""
