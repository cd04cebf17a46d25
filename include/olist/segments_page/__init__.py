"""The page "Customer segments" in Airflow's UI."""
