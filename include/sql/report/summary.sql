-- Everything the closing summary and the report say about a run, as one JSON document.
with run as (
    select * from ops.pipeline_runs where run_id = %(run_id)s
),

snapshot as (
    select customer_snapshots.*
    from analytics.customer_snapshots inner join run using (as_of)
)

select jsonb_build_object(
    'run_id', run.run_id,
    'dag_run_id', run.dag_run_id,
    'status', run.status,
    'message', run.message,
    'as_of', to_char(run.as_of, 'YYYY-MM-DD HH24:MI:SS'),
    'data_dir', run.data_dir,
    'model_id', run.model_id,
    'about_tiers', (
        select coalesce(jsonb_agg(sentence order by place), '[]')
        from (
            select 1 as place, reason as sentence from ops.model_choices where model_choices.run_id = run.run_id
            union all
            select 2, sentence from ops.tier_changes where tier_changes.run_id = run.run_id
        ) as sentences
    ),
    'customers', (select count(*) from snapshot),
    'monetary', (select to_char(sum(monetary), 'FM999,999,999,990.00') from snapshot),
    'tiers', (
        select jsonb_agg(jsonb_build_object('name', loyalty_tier, 'customers', customers) order by customers)
        from (select loyalty_tier, count(*) as customers from snapshot group by loyalty_tier) as counted
    ),
    'segments', (
        select jsonb_agg(jsonb_build_object(
            'name', segment_name, 'customers', customer_count, 'share', pct_of_total_customers,
            'avg_lifetime_spend', avg_lifetime_spend, 'avg_recency_days', avg_recency_days
        ) order by customer_count desc, segment_name)
        from analytics.vw_segment_summary where vw_segment_summary.as_of = run.as_of
    ),
    'score_ties', (
        select coalesce(
            jsonb_agg(
                jsonb_build_object('score', score, 'share', share, 'sentence', format('%%s %%s %%%%', score, share))
                order by array_position(array['r_score', 'f_score', 'm_score'], score)
            ),
            '[]'
        )
        from (
            select score, round(100.0 * sum(decided_by_ties) / sum(customers), 1) as share
            from ops.score_ties
            where score_ties.run_id = run.run_id
            group by score
        ) as by_score
    ),
    'actions', (
        select coalesce(jsonb_agg(rule order by position), '[]')
        from ops.stage_runs
        cross join jsonb_array_elements(metrics -> 'reach') with ordinality as reach (rule, position)
        where stage_runs.run_id = run.run_id and stage = 'compute_actions'
    ),
    'hubspot', (
        select to_jsonb(hubspot_syncs) || jsonb_build_object(
            'accepted', (
                select count(*) from ops.hubspot_plan_drafts as plan
                where plan.run_id = run.run_id and outcome = 'accepted'
            ),
            'rejected', (
                select count(*) from ops.hubspot_plan_drafts as plan
                where plan.run_id = run.run_id and outcome = 'rejected'
            ),
            'not_tried', (
                select count(*) from ops.hubspot_plan_drafts as plan
                where plan.run_id = run.run_id and outcome = 'not tried'
            )
        )
        from ops.hubspot_syncs where hubspot_syncs.run_id = run.run_id
    ),
    'warnings', (
        select coalesce(jsonb_agg(sentence order by sentence), '[]')
        from (
            select format('%%s: %%s', table_name, detail) as sentence
            from ops.validation_results
            where validation_results.run_id = run.run_id and not passed
            union
            -- A run that is not a dry one only comes here if it was accepted.
            select format(
                '%%s, which %%s: %%s', gate,
                case when accepted then 'a person accepted' else 'would stop a delivery' end, detail
            )
            from ops.gate_results
            where gate_results.run_id = run.run_id and not passed
            union
            select jsonb_array_elements_text(metrics -> 'unknown_values')
            from ops.stage_runs
            where stage_runs.run_id = run.run_id and stage = 'compute_actions'
        ) as sentences
    ),
    'left_out', (
        select coalesce(jsonb_agg(detail order by check_name), '[]')
        from ops.validation_results
        where validation_results.run_id = run.run_id and severity = 'info'
    ),
    'rejected_rows', (
        select coalesce(sum(rows_rejected), 0)
        from ops.run_files inner join ops.source_files using (file_id)
        where run_files.run_id = run.run_id
    ),
    'stages', (
        select jsonb_agg(jsonb_build_object('name', stage, 'seconds', seconds) order by started_at)
        from (
            select
                stage,
                min(started_at) as started_at,
                round(extract(epoch from sum(finished_at - started_at)), 2) as seconds
            from ops.stage_runs
            where stage_runs.run_id = run.run_id
            group by stage
        ) as timed
    ),
    'outputs', (
        select metrics from ops.stage_runs
        where stage_runs.run_id = run.run_id and stage = 'write_outputs'
    )
)
from run
