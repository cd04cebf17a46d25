-- Moves <landing>.<source_table>, which holds one file, into a partition of its own in the schema of its typed rows,
-- and sets aside the rows that cannot be typed or keyed, each with the line of the file it starts on. Of a rejected row
-- only the columns `shown` are kept, all of them where it is NULL. Rows of erased people go nowhere.
create or replace procedure staging.stage_file(
    source_table text, new_file_id bigint, landing text, typed_schema text, shown text[],
    inout rows_rejected bigint default null
)
language plpgsql
-- Keys, dates and amounts need no long statistics: ANALYZE looks at 3,000 rows instead of 30,000.
set default_statistics_target = 10
as $$
declare
    landed text := format('%I.%I', landing, source_table);
    part text;
    typed text := format('%I.%I', typed_schema, 'typed_' || source_table);
    key_columns text := staging.key_columns(source_table, typed_schema);
    rows_read bigint;
    rows_erased bigint;
begin
    -- Without a problem: rows of erased people.
    create temporary table rejected (position tid primary key, problem text) on commit drop;
    rows_erased := ops.mark_erased(landed);
    call staging.open_part(source_table, new_file_id, typed_schema, part);
    execute format('select count(*) from %s', landed) into rows_read;
    -- Most files have nothing to reject, and then every value has been looked at once.
    if staging.fill_part(typed, part, new_file_id) < rows_read - rows_erased then
        execute format(
            'insert into rejected select position, problem from %s where problem is not null on conflict do nothing', typed
        );
        call ops.mark_erased_rejects(landed);
    end if;
    begin
        execute format('alter table %s add primary key (%s, file_id)', part, key_columns);
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
                 inner join %3$s as raw_row on raw_row.ctid = typed.position
                 where typed.problem is null
                   and not exists (select from rejected where rejected.position = typed.position)
             ) as ranked
             where row_number > 1',
            key_columns, typed, landed, staging.key_columns(source_table, typed_schema, 'typed.')
        );
        execute format('truncate %s', part);
        perform staging.fill_part(typed, part, new_file_id);
        execute format('alter table %s add primary key (%s, file_id)', part, key_columns);
    end;

    execute format('analyze %s', part);
    select count(problem) into rows_rejected from rejected;
    if rows_rejected > 0 then
        call staging.keep_rejects(landed, new_file_id, shown);
    end if;
    call ops.leave_out_erased(landed, new_file_id);
    drop table rejected;
end
$$;

-- A partition for one file, not yet attached.
create or replace procedure staging.open_part(
    source_table text, new_file_id bigint, typed_schema text, inout part text default null
)
language plpgsql
as $$
declare
    staged text := format('%I.%I', typed_schema, source_table || '_by_file');
begin
    part := format('%I.%I', typed_schema, source_table || '_file_' || new_file_id);
    perform ops.has_part(staged, part);
    execute format('create table %s (like %s including defaults, check (file_id = %s))', part, staged, new_file_id);
end
$$;

-- The columns of a table's key within a file, in their order.
create or replace function staging.key_columns(source_table text, typed_schema text, prefix text default '') returns text
language sql stable
return (
    select string_agg(prefix || quote_ident(attname), ', ' order by array_position(indkey::smallint[], attnum))
    from pg_index
    inner join pg_attribute on attrelid = indrelid and attnum = any (indkey)
    where indrelid = format('%I.%I', typed_schema, source_table || '_by_file')::regclass
      and indisprimary and attname <> 'file_id'
);

-- Fills an empty partition with the good rows of a typed view. Returns how many rows of the file those are.
create or replace function staging.fill_part(typed text, part text, new_file_id bigint)
returns bigint
language plpgsql
as $$
declare
    good_rows text := format('from %s as typed where problem is null', typed);
    column_names text;
    filled bigint;
begin
    if exists (select from rejected) then
        good_rows := good_rows || ' and not exists (select from rejected where rejected.position = typed.position)';
    end if;
    if typed = 'staging.typed_geolocation' then
        return staging.fill_with_medians(part, new_file_id, good_rows);
    end if;
    select string_agg(quote_ident(attname), ', ' order by attnum) into column_names
    from pg_attribute
    where attrelid = part::regclass and attnum > 1 and not attisdropped;
    execute format('insert into %s select %s, %s %s', part, new_file_id, column_names, good_rows);
    get diagnostics filled = row_count;
    return filled;
end
$$;

-- A million points of 19,000 zip prefixes: the median is what the pipeline needs, and is not moved by the few points that
-- lie outside Brazil. Returns how many points those are.
create or replace function staging.fill_with_medians(part text, new_file_id bigint, points text)
returns bigint
language plpgsql
as $$
declare
    filled bigint;
begin
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
        points, part, new_file_id
    ) into filled;
    return filled;
end
$$;

-- A line ends in LF, CRLF or CR.
create or replace function staging.line_breaks(value text) returns integer
language sql immutable
return length(value) - length(translate(value, E'\r\n', ''))
    - (length(value) - length(replace(value, E'\r\n', ''))) / 2;

-- A column of a row, of which little may be kept, as JSON: no text that could be a name or an address, as in a row whose
-- fields have moved by one. An id has a digit.
create or replace function staging.shown_columns(row_content jsonb, shown text[]) returns jsonb
language sql immutable
return (
    select coalesce(jsonb_object_agg(key, value), '{}')
    from jsonb_each_text(row_content)
    where key = any (shown) and value ~ '^[A-Za-z0-9_.-]{1,64}$' and value ~ '[0-9]'
);

create or replace procedure staging.keep_rejects(landed text, of_file_id bigint, shown text[])
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
             case when %3$L::text[] is null then row_content else staging.shown_columns(row_content, %3$L) end
         from (
             select
                 ctid as position,
                 -- The header is line 1; a row ends after its own line breaks and one more.
                 coalesce(file_line, 2 + coalesce(sum(1 + staging.line_breaks(raw_row::text)) over (
                     order by ctid rows between unbounded preceding and 1 preceding
                 ), 0)) as line,
                 to_jsonb(raw_row) - ''file_line'' as row_content
             from %2$s as raw_row
         ) as numbered
         inner join rejected using (position)
         where rejected.problem is not null',
        of_file_id, landed, shown
    );
end
$$;

-- Attaching comes last, since it is what other runs could have to wait for.
create or replace procedure staging.show_file(source_table text, new_file_id bigint, typed_schema text)
language plpgsql
as $$
begin
    execute format(
        'alter table %1$I.%2$I attach partition %1$I.%3$I for values in (%4$s)',
        typed_schema, source_table || '_by_file', source_table || '_file_' || new_file_id, new_file_id
    );
end
$$;
