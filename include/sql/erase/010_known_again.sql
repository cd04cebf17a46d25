-- Erased people and their orders are known again by a hash of the salt and the id. Read the salt once for a statement
-- over many rows, so that PostgreSQL joins the hashes as a whole.
create or replace function ops.salted(id text, salt bytea) returns bytea
language sql stable parallel safe
return sha256(salt || convert_to(id, 'UTF8'));

create or replace function ops.is_erased(id text) returns boolean
language sql stable
return exists (
    select
    from (select ops.salted(id, salt) as id_hash from ops.erasure_salt) as looked_for
    where exists (select from ops.erased_people where erased_people.id_hash = looked_for.id_hash)
       or exists (
           select from ops.erased_keys
           where erased_keys.kind = any ('{customer_id,order_id}') and erased_keys.id_hash = looked_for.id_hash
       )
);

-- Whether a row that was set aside, as JSON, names an erased person or one of their orders: in a column that is for it,
-- or as a long word anywhere, since the columns of a broken row may have moved. A short word could be anything, but in
-- a line that could not even be taken apart ("text").
create or replace function ops.names_erased(row_content jsonb) returns boolean
language sql stable
return exists (
    select
    from jsonb_each_text(row_content)
    where value is not null
      and (
          (key in ('customer_unique_id', 'customer_id', 'order_id') and ops.is_erased(value))
          or exists (
              select from regexp_split_to_table(value, '[[:space:],;"'']+') as word
              where (length(word) >= 16 or (key = 'text' and word <> '')) and ops.is_erased(word)
          )
      )
);
