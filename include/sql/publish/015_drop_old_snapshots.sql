-- Drops the snapshots that are more than `months` older than the newest one (NULL: none). The records of the runs
-- that made them stay in ops. A snapshot of a run under way is kept, because its files are still to be written; one
-- that is being read is left to the next run. Commits after each: call it outside a transaction.
create or replace procedure ops.drop_old_snapshots(
    months integer default ops.keep_months(), inout dropped integer default null
)
language plpgsql
as $$
declare
    oldest_kept timestamp;
    old timestamp[];
    snapshot_as_of timestamp;
    part text;
    is_dropped boolean;
begin
    if months < 1 then
        raise exception 'The newest snapshots must be kept for at least 1 month, not %.', months
            using errcode = 'invalid_parameter_value';
    end if;
    dropped := 0;
    select min(as_of) into oldest_kept
    from ops.snapshot_dates
    where as_of >= (select max(as_of) from ops.snapshot_dates) - make_interval(months => months);
    select coalesce(array_agg(as_of), '{}') into old from ops.snapshot_dates where as_of < oldest_kept;
    if cardinality(old) > 0 then
        call ops.keep_movement(oldest_kept);
    end if;
    commit;

    foreach snapshot_as_of in array old loop
        select tableoid::regclass into part
        from analytics.customer_snapshots where as_of = snapshot_as_of limit 1;
        if part is not null and not exists (
            select from ops.pipeline_runs
            where as_of = snapshot_as_of and status in ('running', 'published')
        ) then
            call ops.drop_unless_in_use(part, is_dropped);
            dropped := dropped + is_dropped::integer;
        end if;
        commit;
    end loop;
end
$$;
