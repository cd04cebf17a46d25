"""HubSpot: its API, its answers, the pace of requests, our properties, and the sender of batches."""
