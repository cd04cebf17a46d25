"""Olist Intelligence Bridge: customer segments, tiers and next-best-actions, from files to PostgreSQL and HubSpot."""
