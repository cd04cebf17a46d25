-- What has been installed: the schema files applied so far, and the state of the routines.
create schema if not exists ops;

create table if not exists ops.installed (
    name text primary key,
    installed_at timestamptz not null default clock_timestamp()
);
