-- Moves raw.<source_table>, which holds one file, into a partition of its own in staging, and sets aside the
-- rows that cannot be typed or keyed, each with the line of the file it starts on.
create or replace procedure staging.stage_file(
    source_table text, new_file_id bigint, inout rows_rejected bigint default null
)
language plpgsql
-- Keys, dates and amounts need no long statistics: ANALYZE looks at 3,000 rows instead of 30,000.
set default_statistics_target = 10
as $$
declare
    staged text := format('staging.%I', source_table || '_by_file');
    part text := format('staging.%I', source_table || '_file_' || new_file_id);
    typed text := format('staging.%I', 'typed_' || source_table);
    key_columns text;
    typed_key text;
    rows_read bigint;
begin
    create temporary table rejected (position tid primary key, problem text not null) on commit drop;
    select
        string_agg(quote_ident(attname), ', ' order by array_position(indkey::smallint[], attnum)),
        string_agg('typed.' || quote_ident(attname), ', ' order by array_position(indkey::smallint[], attnum))
    into key_columns, typed_key
    from pg_index
    inner join pg_attribute on attrelid = indrelid and attnum = any (indkey)
    where indrelid = staged::regclass and indisprimary and attname <> 'file_id';

    perform ops.has_part(staged, part);
    execute format('create table %s (like %s including defaults, check (file_id = %s))', part, staged, new_file_id);
    execute format('select count(*) from raw.%I', source_table) into rows_read;
    -- Most files have nothing to reject, and then every value has been looked at once.
    if staging.fill_part(source_table, part, new_file_id) < rows_read then
        execute format('insert into rejected select position, problem from %s where problem is not null', typed);
    end if;
    begin
        execute format('alter table %s add primary key (file_id, %s)', part, key_columns);
    exception when unique_violation then
        -- Which of two rows with one key is kept must not depend on the order of the file: the first as text.
        execute format(
            'insert into rejected
             select position, ''another row has the same key (%1$s)''
             from (
                 select
                     typed.position,
                     row_number() over (
                         partition by %4$s
                         order by (to_jsonb(raw_row) - ''file_line'')::text collate "C", typed.position
                     )
                 from %2$s as typed
                 inner join raw.%3$I as raw_row on raw_row.ctid = typed.position
                 where typed.problem is null
             ) as ranked
             where row_number > 1',
            key_columns, typed, source_table, typed_key
        );
        execute format('truncate %s', part);
        perform staging.fill_part(source_table, part, new_file_id);
        execute format('alter table %s add primary key (file_id, %s)', part, key_columns);
    end;

    execute format('analyze %s', part);
    select count(*) into rows_rejected from rejected;
    if rows_rejected > 0 then
        call staging.keep_rejects(source_table, new_file_id);
    end if;
    drop table rejected;
end
$$;

-- Fills an empty partition with the good rows of raw.<source_table>. Returns how many rows of the file those are.
create or replace function staging.fill_part(source_table text, part text, new_file_id bigint)
returns bigint
language plpgsql
as $$
declare
    good_rows text := format('from staging.%I as typed where problem is null', 'typed_' || source_table);
    column_names text;
    filled bigint;
begin
    if exists (select from rejected) then
        good_rows := good_rows || ' and not exists (select from rejected where rejected.position = typed.position)';
    end if;
    if source_table = 'geolocation' then
        -- A million points of 19,000 zip prefixes: the median is what the pipeline needs, and is not moved by
        -- the few points that lie outside Brazil.
        execute format(
            'with prefixes as materialized (
                 select
                     zip_code_prefix,
                     percentile_cont(0.5) within group (order by latitude) as latitude,
                     percentile_cont(0.5) within group (order by longitude) as longitude,
                     count(*) as points
                 %s
                 group by zip_code_prefix
             ),

             filled as (
                 insert into %s select %s, zip_code_prefix, latitude, longitude from prefixes
             )

             select coalesce(sum(points), 0) from prefixes',
            good_rows, part, new_file_id
        ) into filled;
        return filled;
    end if;
    select string_agg(quote_ident(attname), ', ' order by attnum) into column_names
    from pg_attribute
    where attrelid = part::regclass and attnum > 1 and not attisdropped;
    execute format('insert into %s select %s, %s %s', part, new_file_id, column_names, good_rows);
    get diagnostics filled = row_count;
    return filled;
end
$$;

-- A line ends in LF, CRLF or CR.
create or replace function staging.line_breaks(value text) returns integer
language sql immutable
return length(value) - length(translate(value, E'\r\n', ''))
    - (length(value) - length(replace(value, E'\r\n', ''))) / 2;

create or replace procedure staging.keep_rejects(source_table text, of_file_id bigint)
language plpgsql
as $$
begin
    execute format(
        'insert into ops.file_rejects (file_id, line, reason, value, row_content)
         select
             %1$s,
             numbered.line,
             split_part(rejected.problem, '': '', 1),
             substr(rejected.problem, nullif(position('': '' in rejected.problem), 0) + 2),
             numbered.row_content
         from (
             select
                 ctid as position,
                 -- The header is line 1; a row ends after its own line breaks and one more.
                 coalesce(file_line, 2 + coalesce(sum(1 + staging.line_breaks(raw_row::text)) over (
                     order by ctid rows between unbounded preceding and 1 preceding
                 ), 0)) as line,
                 to_jsonb(raw_row) - ''file_line'' as row_content
             from raw.%2$I as raw_row
         ) as numbered
         inner join rejected using (position)',
        of_file_id, source_table
    );
end
$$;

-- Attaching comes last, since it is what other runs could have to wait for.
create or replace procedure staging.show_file(source_table text, new_file_id bigint)
language plpgsql
as $$
begin
    execute format(
        'alter table staging.%I attach partition staging.%I for values in (%s)',
        source_table || '_by_file', source_table || '_file_' || new_file_id, new_file_id
    );
end
$$;
