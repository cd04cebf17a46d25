-- What the files of a run are against those of the last published run: far fewer rows are a delivery that was cut
-- short, many rejected rows one that was damaged. Rows of people who were erased are missed in neither.
create or replace function ops.file_gates(of_run_id bigint)
returns table (gate text, subject text, measured numeric, allowed numeric, detail text)
language sql stable
as $$
    with last_run as (
        select run_id from ops.pipeline_runs
        where published_at is not null and run_id <> of_run_id
        order by published_at desc, run_id desc limit 1
    ),

    rows_before as (
        select run_files.run_id, run_files.table_name, source_files.rows_read - source_files.rows_erased as rows_read
        from last_run
        inner join ops.run_files using (run_id)
        inner join ops.source_files using (file_id)
    ),

    files as (
        select run_files.table_name, file_id, source_files.file_name, source_files.rows_read, source_files.rows_rejected,
            source_files.rows_read - source_files.rows_erased as rows_left
        from ops.run_files inner join ops.source_files using (file_id)
        where run_files.run_id = of_run_id
    )

    select
        'rows_lost', files.table_name,
        1 - files.rows_left::numeric / rows_before.rows_read,
        ops.limit_of('rows_lost'),
        format(
            '%s has %s rows, %s %% fewer than the %s of run %s', files.file_name, files.rows_left,
            round(100 - 100.0 * files.rows_left / rows_before.rows_read, 1), rows_before.rows_read, rows_before.run_id
        )
    from files inner join rows_before using (table_name)
    where rows_before.rows_read > 0
    union all
    select
        'rejected_rows', table_name,
        rows_rejected::numeric / rows_read,
        ops.limit_of('rejected_rows'),
        coalesce(
            ops.why_set_aside(file_id),
            format('%s: %s of %s rows were set aside', file_name, rows_rejected, to_char(rows_read, 'FM999,999,999,990'))
        )
    from files
    where rows_read > 0
$$;

-- The files of which more rows were set aside than is normal, the worst first, as one sentence: what other checks find
-- then is mostly what comes of it. NULL where there is none.
create or replace function ops.damaged_files(of_run_id bigint) returns text
language sql stable
return (
    select string_agg(detail, '; ' order by measured desc, subject)
    from ops.file_gates(of_run_id)
    where gate = 'rejected_rows' and measured > allowed
);
