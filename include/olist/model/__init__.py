"""The tier model: K-Means on arrays, the process of its own that it is trained in, the chain of models."""
