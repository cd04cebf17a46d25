"""`make bench`: how fast the pipeline is, as ratios to something measured in the same run."""
