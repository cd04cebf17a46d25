"""What a marketer decides: strategy.yaml, how it is read and checked, and the SQL it becomes."""
