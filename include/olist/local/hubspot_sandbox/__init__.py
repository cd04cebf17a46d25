"""A HubSpot on this machine: a real HTTP server for the part of the API that the pipeline calls.

`python -m olist.local.hubspot_sandbox --port 0 --database PATH --port-file PATH` starts it. It keeps
contacts, refuses what HubSpot refuses, limits the rate, and on demand fails in the ways seen in the field
(`faults.py`).
"""
