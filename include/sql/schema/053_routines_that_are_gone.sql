-- Models bring their bins along (cluster_model.py), and build_customer_segments counts the ties itself.
drop function if exists ops.feature_bins(bigint, timestamp, bigint);
drop procedure if exists ops.measure_score_ties(bigint);
