"""Stand-ins that let the whole pipeline run on one machine: PostgreSQL, HubSpot, data, Airflow."""
