"""What people read about a run: the report, its charts, the summary, the evaluation, files for BI tools."""
