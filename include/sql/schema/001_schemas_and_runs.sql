-- The four schemas, and the pipeline's own records.
create schema if not exists raw;
create schema if not exists staging;
create schema if not exists analytics;
create schema if not exists ops;

comment on schema raw is 'The source files as they are: text, one table per file, the last file loaded.';
comment on schema staging is 'The source files typed and keyed. Every loaded file is kept apart, the views show one set.';
comment on schema analytics is 'What people read.';
comment on schema ops is 'The pipeline''s own records: runs, rejects, checks, models, deliveries.';

create table ops.pipeline_runs (
    run_id bigint generated always as identity primary key,
    dag_run_id text unique,
    trigger text not null,
    status text not null default 'running'
        check (status in ('running', 'published', 'succeeded', 'failed')),
    message text,
    as_of timestamp,
    requested_as_of timestamp,
    interval_end timestamp,
    data_dir text,
    retrain text,
    sync text,
    excluded_statuses text[] not null default '{canceled,unavailable}',
    model_id bigint,
    started_at timestamptz not null default clock_timestamp(),
    published_at timestamptz,
    finished_at timestamptz
);
comment on table ops.pipeline_runs is 'One row per run of the pipeline, by the DAG or by CALL.';
comment on column ops.pipeline_runs.dag_run_id is 'Airflow''s run_id; NULL where the run was a CALL.';
comment on column ops.pipeline_runs.as_of is 'The moment the run looks at the data from; known after validation.';

create table ops.stage_runs (
    run_id bigint not null references ops.pipeline_runs on delete cascade,
    stage text not null,
    part text not null default '',
    started_at timestamptz not null,
    finished_at timestamptz not null,
    metrics jsonb not null,
    primary key (run_id, stage, part)
);
comment on table ops.stage_runs is 'When each stage of a run last ran and what it counted; part is the source table of a load.';

create table ops.source_files (
    file_id bigint generated always as identity primary key,
    table_name text not null,
    content_hash text,
    file_name text not null,
    rows_read bigint not null,
    rows_accepted bigint not null,
    rows_rejected bigint not null check (rows_read = rows_accepted + rows_rejected),
    loaded_at timestamptz not null default clock_timestamp(),
    unique (table_name, content_hash)
);
comment on table ops.source_files is 'Every file that staging holds, known by its content, so that no content is loaded twice.';
comment on column ops.source_files.content_hash is 'SHA-256 of the uncompressed bytes and of the SQL that typed them; NULL once the staged rows are dropped.';

create table ops.run_files (
    run_id bigint not null references ops.pipeline_runs on delete cascade,
    table_name text not null,
    file_id bigint not null references ops.source_files,
    primary key (run_id, table_name)
);
comment on table ops.run_files is 'Which files a run reads: what pins two runs that overlap to their own data.';

create table ops.file_rejects (
    file_id bigint not null references ops.source_files on delete cascade,
    line bigint not null,
    reason text not null,
    row_content jsonb not null
);
create index on ops.file_rejects (file_id);

create view ops.rejected_rows as
select
    run_files.run_id,
    run_files.table_name,
    source_files.file_name,
    file_rejects.line,
    file_rejects.reason,
    file_rejects.row_content
from ops.run_files
inner join ops.source_files using (file_id)
inner join ops.file_rejects using (file_id);
comment on view ops.rejected_rows is
    'Rows that could not be typed or keyed, with the line of the file on which the row starts.';

create table ops.validation_results (
    run_id bigint not null references ops.pipeline_runs on delete cascade,
    check_name text not null,
    table_name text not null,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    violations bigint not null,
    passed boolean not null,
    detail text not null,
    primary key (run_id, check_name)
);
comment on table ops.validation_results is
    'What each check of a run found; severity info counts rows left out on purpose.';

create table ops.cluster_models (
    model_id bigint generated always as identity primary key,
    fingerprint text not null unique,
    trained_as_of timestamp not null,
    k integer not null,
    features text[] not null,
    scaler jsonb not null,
    centres jsonb not null,
    metrics jsonb not null,
    parameters jsonb not null,
    trained_at timestamptz not null default clock_timestamp()
);
comment on table ops.cluster_models is
    'K-Means models: enough to assign any customer again without scikit-learn.';
comment on column ops.cluster_models.fingerprint is
    'SHA-256 of training data, parameters and library versions: the same training gives the same row.';
comment on column ops.cluster_models.scaler is '{"mean": [...], "scale": [...]} of log1p of each feature.';
comment on column ops.cluster_models.centres is '[{"loyalty_tier": ..., "centre": [...]}, ...], best tier first.';

create function ops.file_in_use(source_table text) returns bigint
language sql stable
as $$
    select run_files.file_id
    from ops.run_files
    where run_files.table_name = source_table
      and run_files.run_id = coalesce(
          nullif(current_setting('olist.run_id', true), '')::bigint,
          (select run_id from ops.pipeline_runs
           where published_at is not null order by published_at desc, run_id desc limit 1)
      )
$$;
comment on function ops.file_in_use is
    'The file whose rows staging shows: that of the run this session is pinned to, else of the last published run.';
