-- A reason says the same of all rows it is true of, so that rows can be counted by it. What was in the row is beside it.
alter table ops.file_rejects add column value text;
update ops.file_rejects
set reason = split_part(reason, ': ', 1), value = substr(reason, length(split_part(reason, ': ', 1)) + 3)
where reason like '%: %';

create or replace view ops.rejected_rows as
select
    run_files.run_id,
    run_files.table_name,
    source_files.file_name,
    file_rejects.line,
    file_rejects.reason,
    file_rejects.row_content,
    file_rejects.value
from ops.run_files
inner join ops.source_files using (file_id)
inner join ops.file_rejects using (file_id);
