-- How much of the quintile scores the data does not say. ntile fills quintiles of equal size, so where one value
-- is too common for its quintile, people who are equal in it get different scores, and the tie-breakers alone
-- decide who gets which. A customer's score is decided by ties when the own value (r_score: time of the last
-- purchase; f_score: number of orders; m_score: monetary value) also occurs in another quintile of that score.
create table ops.score_ties (
    run_id bigint not null references ops.pipeline_runs on delete cascade,
    score text not null check (score in ('r_score', 'f_score', 'm_score')),
    quintile smallint not null,
    customers bigint not null,
    decided_by_ties bigint not null check (decided_by_ties <= customers),
    primary key (run_id, score, quintile)
);
comment on table ops.score_ties is 'For each run, how many customers of each quintile only the tie-breakers put there.';
comment on column ops.score_ties.decided_by_ties is
    'Customers whose own value (last purchase, orders, monetary) also occurs in another quintile of the score.';

create view analytics.vw_score_ties as
with publishing_runs as (
    select distinct on (as_of) as_of, run_id
    from ops.pipeline_runs
    where published_at is not null
    order by as_of, published_at desc, run_id desc
)

select
    snapshots.as_of,
    score_ties.score,
    score_ties.quintile,
    score_ties.customers,
    score_ties.decided_by_ties,
    round(100.0 * score_ties.decided_by_ties / score_ties.customers, 2) as pct_decided_by_ties
from ops.snapshot_dates as snapshots
inner join publishing_runs using (as_of)
inner join ops.score_ties using (run_id);
comment on view analytics.vw_score_ties is
    'How much of each score is chance: the customers of each quintile whose own value also occurs in another one, so that only the tie-breakers decided.';
