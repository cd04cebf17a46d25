"""What a run does: for each task of the DAG a module or a folder, under its name; and the gates between."""
