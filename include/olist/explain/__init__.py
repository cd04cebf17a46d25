"""One person's story: why this customer got this (docs/numbers.md)."""
