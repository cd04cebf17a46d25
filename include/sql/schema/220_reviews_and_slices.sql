-- What is known of an order from all its reviews, kept with its value as that of its items is.
alter table ops.order_values_drafts
add column reviews integer not null default 0,
add column review_scores integer,
add column last_review_date timestamp;

-- These come back with slices; two of one name could not be told apart.
drop procedure if exists ops.open_drafts(bigint);
drop procedure if exists ops.empty_draft(text, bigint);
drop procedure if exists ops.analyze_draft(text, bigint);
drop procedure if exists ops.build_order_values(bigint);
drop procedure if exists ops.build_customer_rfm(bigint);
drop procedure if exists ops.assign_customer_tiers(bigint);
drop procedure if exists ops.build_snapshot(bigint);
drop function if exists ops.tiers_by_model(bigint, bigint, timestamp);
