"""What ties the stages to Airflow: connections and records of tasks, alerts, sentences about outages."""
