-- sum(numeric) for many small groups, such as the items of an order: the same number with the same scale, without the
-- large state that sum() sets up for each group.
create or replace aggregate ops.total(numeric) (
    sfunc = numeric_add, stype = numeric, combinefunc = numeric_add, parallel = safe
);
