-- Why an Airflow run, or else the run of the newest snapshot, has its tiers: its model, and whom that moved.
with run as (
    select run_id
    from ops.pipeline_runs
    where case
        when %(dag_run_id)s::text is null
        then published_at is not null and as_of = (select max(as_of) from ops.snapshot_dates)
        else dag_run_id = %(dag_run_id)s
    end
    order by published_at desc nulls last, run_id desc
    limit 1
)

select reason as sentence, 1 as place from run inner join ops.model_choices using (run_id)
union all
select sentence, 2 from run inner join ops.tier_changes using (run_id)
order by place
