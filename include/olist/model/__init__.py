"""The tier model: K-Means on arrays, and the process of its own that it is trained in."""
