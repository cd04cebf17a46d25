-- A text as a value, NULL where PostgreSQL cannot read it. It also reads texts that no file should hold, such as
-- 'tomorrow', so each value is judged together with its text below.
create or replace function staging.timestamp_of(value text) returns timestamp
language sql stable
return case when pg_input_is_valid(value, 'timestamp') then value::timestamp end;

create or replace function staging.amount_of(value text) returns numeric
language sql stable
return case when pg_input_is_valid(value, 'numeric') then value::numeric end;

create or replace function staging.whole_number_of(value text) returns integer
language sql stable
return case
    when pg_input_is_valid(value, 'integer') then value::integer
    when value ~ '^[0-9]{1,9}\.0+$' then value::numeric::integer
end;

create or replace function staging.degrees_of(value text) returns double precision
language sql stable
return case when pg_input_is_valid(value, 'double precision') then value::double precision end;

-- How a text must look to be read as that value. NULL in, NULL out: a missing value is never wrongly written. A text
-- that PostgreSQL would write just so needs no regular expression, which would cost five times as much.
create or replace function staging.is_timestamp(value text, as_read timestamp) returns boolean
language sql stable
return case
    when as_read::text = value and octet_length(value) = 19 and as_read >= '1900-01-01' and as_read < '2100-01-01'
        then true
    else (as_read is null) = (value is null)
        and value ~ '^(19|20)[0-9][0-9]-[0-9][0-9]-[0-9][0-9]([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?)?$'
end;

create or replace function staging.is_amount(value text, as_read numeric) returns boolean
language sql immutable
return case
    when as_read::text = value and as_read >= 0 and as_read < 10000000000 and scale(as_read) <= 2 then true
    else value ~ '^[0-9]{1,10}(\.[0-9]{1,2}0*)?$'
end;

create or replace function staging.is_whole(value text, as_read integer) returns boolean
language sql immutable
return case
    when as_read::text = value and as_read between 0 and 999999999 then true
    else value ~ '^[0-9]{1,9}(\.0+)?$'
end;

create or replace function staging.is_degrees(value text, as_read double precision) returns boolean
language sql immutable
return case
    when as_read::text = value and abs(as_read) <= 180 then true
    else value ~ '^-?[0-9]{1,3}(\.[0-9]{1,30})?([eE]-?[0-9]{1,2})?$'
end;

-- A text without the blanks around it (also tabs, line breaks and no-break spaces), NULL where nothing else is in it.
create or replace function staging.trimmed(value text) returns text
language sql immutable
return nullif(btrim(value, E' \t\r\n\u00A0'), '');

-- A word of a list that is known, such as a status, however it was typed: in small letters, or in capitals as states
-- are. COLLATE "C": letters beyond ASCII stay as they are, and the I of CANCELED is an i in Turkey too.
create or replace function staging.folded(value text) returns text
language sql immutable
return lower(staging.trimmed(value) collate "C");

-- A Portuguese category. Those that the translation file knows are looked up folded; the two that Olist sells but does
-- not translate are folded here, as rules name them so. What a shop calls otherwise stays as it is typed.
create or replace function staging.category(value text) returns text
language sql immutable
return case
    when staging.folded(value) in ('pc_gamer', 'portateis_cozinha_e_preparadores_de_alimentos')
        then staging.folded(value)
    else staging.trimmed(value)
end;

create or replace function staging.in_capitals(value text) returns text
language sql immutable
return upper(staging.trimmed(value) collate "C");

create or replace function staging.zip_code_prefix(value text) returns text
language sql immutable
return case
    when octet_length(value) = 5 and position(' ' in value) = 0 then value
    when staging.trimmed(value) ~ '^[0-9]{1,4}$' then lpad(staging.trimmed(value), 5, '0')
    else staging.trimmed(value)
end;

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
