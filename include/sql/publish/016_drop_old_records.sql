-- Records about people go before their time is forgotten: strategy.yaml says after how many months (NULL: never). Months
-- are counted back from the newest snapshot, never from the clock. Run it outside a transaction, after
-- ops.drop_old_snapshots. Returns how many rejected rows went, and before which as_of there are no campaign lists now.
create or replace function ops.kept_since(months integer) returns timestamp
language sql stable
return (select max(as_of) - make_interval(months => months) from ops.snapshot_dates);

create or replace procedure ops.drop_old_records(
    inout rejects_dropped bigint default null, inout lists_since timestamp default null
)
language plpgsql
as $$
declare
    rejects_since timestamp := ops.kept_since(ops.keep_rejects_months());
    part text;
    is_dropped boolean;
begin
    lists_since := ops.kept_since(ops.keep_campaign_lists_months());
    -- A run under way still has to say what was set aside of its files.
    delete from ops.file_rejects
    where rejects_since is not null
      and file_id not in (
          select run_files.file_id
          from ops.run_files
          inner join ops.pipeline_runs as run using (run_id)
          where run.as_of >= rejects_since or run.status in ('running', 'published')
      );
    get diagnostics rejects_dropped = row_count;
    commit;

    for part in
        select format('ops.%I', 'hubspot_plan_drafts_' || run_id)
        from ops.pipeline_runs
        where as_of < lists_since and run_id not in (select run_id from ops.kept_runs)
    loop
        if to_regclass(part) is not null then
            call ops.drop_unless_in_use(part, is_dropped);
        end if;
        commit;
    end loop;
end
$$;
