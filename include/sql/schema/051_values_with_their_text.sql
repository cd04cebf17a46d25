-- A text is judged together with the value it was read as: these functions took the text alone.
drop function if exists staging.is_timestamp(text) cascade;
drop function if exists staging.is_amount(text) cascade;
drop function if exists staging.is_absurd(text) cascade;
drop function if exists staging.is_whole(text) cascade;
drop function if exists staging.is_degrees(text) cascade;
drop function if exists staging.fill_statement(text, text, text, bigint);
