"""Olist Intelligence Bridge: from e-commerce files to customer segments in PostgreSQL and HubSpot."""
