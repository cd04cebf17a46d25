-- For analytics.refresh_customer_segments, which has no Python around it: an error naming what failed.
create or replace procedure ops.stop_on_failed_checks(of_run_id bigint)
language plpgsql
as $$
declare
    failures text;
begin
    select string_agg(format('%s: %s', table_name, detail), '; ' order by table_name, check_name) into failures
    from ops.validation_results
    where run_id = of_run_id and severity = 'critical' and not passed;
    if failures is not null then
        if ops.damaged_files(of_run_id) is not null then
            raise exception '%. So the data failed its critical checks: %.', ops.damaged_files(of_run_id), failures
                using errcode = 'data_exception';
        end if;
        raise exception 'The data failed its critical checks: %.', failures using errcode = 'data_exception';
    end if;
end
$$;
