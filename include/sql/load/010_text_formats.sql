-- How a text must look to be read as a value. NULL in, NULL out: a missing value is never wrongly written.
-- Regular expressions, since pg_input_is_valid needs PostgreSQL 16 and also takes 'now' for a timestamp.
create or replace function staging.is_timestamp(value text) returns boolean
language sql immutable
return value ~ '^(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d)?$'
    and substr(value, 6, 5) not in ('02-30', '02-31', '04-31', '06-31', '09-31', '11-31')
    and (
        substr(value, 6, 5) <> '02-29'
        or (substr(value, 3, 2)::integer % 4 = 0 and substr(value, 1, 4) <> '1900')
    );

create or replace function staging.is_amount(value text) returns boolean
language sql immutable
return value ~ '^\d{1,10}(\.\d{1,2}0*)?$';

create or replace function staging.is_whole(value text) returns boolean
language sql immutable
return value ~ '^\d{1,9}(\.0+)?$';

create or replace function staging.is_degrees(value text) returns boolean
language sql immutable
return value ~ '^-?\d{1,3}(\.\d{1,30})?([eE]-?\d{1,2})?$';

create or replace function staging.zip_code_prefix(value text) returns text
language sql immutable
return case when value ~ '^\d{1,4}$' then lpad(value, 5, '0') else value end;
