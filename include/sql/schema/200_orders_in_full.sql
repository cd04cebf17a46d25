-- What is known of an order from all its items, kept with its value: so that its items are read once.
alter table ops.order_values_drafts
add column items integer not null default 0,
add column payments integer not null default 0,
add column least_category text collate "C",
add column greatest_category text collate "C";
