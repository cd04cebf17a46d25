-- How a text must look to be read as a value. NULL in, NULL out: a missing value is never wrongly written.
-- Regular expressions, since pg_input_is_valid needs PostgreSQL 16 and also takes 'now' for a timestamp.
create or replace function staging.is_timestamp(value text) returns boolean
language sql immutable
return value ~ (
    '^(19|20)[0-9][0-9]-'
    '((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))'
    '([ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?$'
    )
    and (
        substr(value, 6, 5) <> '02-29'
        or (substr(value, 3, 2)::integer % 4 = 0 and substr(value, 1, 4) <> '1900')
    );

create or replace function staging.is_amount(value text) returns boolean
language sql immutable
return value ~ '^[0-9]{1,10}(\.[0-9]{1,2}0*)?$';

-- The dearest item of the published data costs 6,735.00: a million is a slip, or centavos taken for reais.
create or replace function staging.is_absurd(amount text) returns boolean
language sql immutable
return case when octet_length(amount) > 6 then amount::numeric >= 1000000 else false end;

create or replace function staging.is_whole(value text) returns boolean
language sql immutable
return value ~ '^[0-9]{1,9}(\.0+)?$';

create or replace function staging.is_degrees(value text) returns boolean
language sql immutable
return value ~ '^-?[0-9]{1,3}(\.[0-9]{1,30})?([eE]-?[0-9]{1,2})?$';

create or replace function staging.zip_code_prefix(value text) returns text
language sql immutable
return case when value ~ '^[0-9]{1,4}$' then lpad(value, 5, '0') else value end;

-- What is wrong with a column that names something. Where files were put together, the header comes again, and a
-- byte order mark (65279) stands inside; a name of any length would not fit into an index.
create or replace function staging.key_problem(column_name text, value text) returns text
language sql immutable
return case
    when value is null then column_name || ' is missing'
    when value in (column_name, U&'\FEFF' || column_name, U&'\FEFF"' || column_name || '"')
        then 'the header comes again'
    when ascii(value) = 65279 then column_name || ' begins with a byte order mark'
    when octet_length(value) > 200 then column_name || ' is longer than 200 bytes: ' || left(value, 50)
end;
