-- Opens a partition for a file that COPY types at once (olist.files.clean_rows). The points of geolocation go to a table
-- of their own, since the partition gets their medians.
create or replace procedure staging.open_clean_part(source_table text, new_file_id bigint)
language plpgsql
as $$
declare
    part text;
begin
    call staging.open_part(source_table, new_file_id, 'staging', part);
    execute format('alter table %s alter column file_id set default %s', part, new_file_id);
    if source_table = 'geolocation' then
        create temporary table points (
            zip_code_prefix text collate "C", latitude double precision, longitude double precision,
            city text, state text
        ) on commit drop;
    end if;
end
$$;

-- Completes the partition: rows of erased people go, the others get their key. Raises unique_violation where two rows
-- have one key: then somebody has to choose.
create or replace procedure staging.stage_clean_file(source_table text, new_file_id bigint)
language plpgsql
set default_statistics_target = 10
as $$
declare
    part text := format('staging.%I', source_table || '_file_' || new_file_id);
begin
    if source_table = 'geolocation' then
        perform staging.fill_with_medians(part, new_file_id, 'from points');
        drop table points;
    else
        create temporary table rejected (position tid primary key, problem text) on commit drop;
        perform ops.mark_erased(part);
        call ops.leave_out_erased(part, new_file_id);
        drop table rejected;
    end if;
    execute format('alter table %s add primary key (%s, file_id)', part, staging.key_columns(source_table, 'staging'));
    execute format('analyze %s', part);
end
$$;
