-- What is known to help. A date such as 02/07/2018 is never guessed: it is July here and February elsewhere.
create or replace function ops.hint_about(reason text, value text) returns text
language sql immutable
return case
    when reason like '% is not a date' and value ~ '^\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d\d)\M|^\d{5}([.,]\d+)?$'
        then '; a spreadsheet such as Excel writes dates so: keep the file as it was given, with dates such as 2017-10-02 10:56:33'
    when reason ~ ' is not (an amount of money|a number of degrees)$' and value ~ '^-?[\d.]*\d,\d'
        then '; a spreadsheet such as Excel writes numbers so in some countries: keep the file as it was given, with numbers such as 1234.50'
    else ''
end;

-- Why rows of a file were set aside, in one sentence without its full stop: how many, the most frequent reason with the
-- first value it was given for, and what helps where that is known. NULL where every row is in staging.
create or replace function ops.why_set_aside(of_file_id bigint) returns text
language sql stable
return (
    with most_frequent as (
        select reason, count(*) as rows, min(line) as first_line
        from ops.file_rejects
        where file_id = of_file_id
        group by reason
        order by rows desc, reason
        limit 1
    )

    select
        format(
            '%s: %s of %s rows were set aside, %s because %s (%s)%s',
            file_name,
            to_char(rows_rejected, 'FM999,999,999,990'),
            to_char(rows_read, 'FM999,999,999,990'),
            case when 2 * rows >= rows_rejected then 'most' else 'often' end,
            reason,
            coalesce(regexp_replace(left(first_row.value, 50), '[[:cntrl:]]', '?', 'g'), 'line ' || first_line),
            ops.hint_about(reason, first_row.value)
        )
    from ops.source_files
    cross join most_frequent
    cross join lateral (
        select value from ops.file_rejects
        where file_id = of_file_id and line = first_line and file_rejects.reason = most_frequent.reason
        limit 1
    ) as first_row
    where file_id = of_file_id
);
