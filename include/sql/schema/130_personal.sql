-- What names people, e-mails and names, is in a schema of its own that analysts (olist_bi) cannot look into.
do $$
begin
    if to_regnamespace('personal') is null then
        create schema personal;
        -- Whatever the database's default privileges say.
        revoke all on schema personal from public;
    end if;
end
$$;
comment on schema personal is 'E-mails and names of people, from customer_contacts.csv: not for olist_bi, nor for any report.';

-- customer_contacts.csv as text. Unlike the tables of raw it is empty again once the file is loaded.
create unlogged table personal.customer_contacts (
    customer_unique_id text,
    email text,
    first_name text,
    last_name text,
    opted_out text,
    file_line bigint
);
comment on table personal.customer_contacts is 'customer_contacts.csv as text while it is loaded; empty otherwise.';

-- What email-validator says of each address of the file, while the file is loaded.
create unlogged table personal.checked_emails (
    written text not null,
    email text,
    email_problem text
);
comment on table personal.checked_emails is 'What was found of each address while the file is loaded; empty otherwise.';

create table personal.customer_contacts_by_file (
    file_id bigint not null,
    customer_unique_id text collate "C" not null,
    email text collate "C",
    email_problem text,
    first_name text,
    last_name text,
    opted_out boolean not null,
    primary key (file_id, customer_unique_id)
) partition by list (file_id);
comment on table personal.customer_contacts_by_file is 'People who can be written to, of every loaded file that is kept.';

-- Where the rows of a file are, once they are typed.
alter table ops.source_files add column schema_name text not null default 'staging';
comment on column ops.source_files.schema_name is 'The schema of its typed rows: staging, or personal.';

-- These come back with the schemas as parameters; two procedures of one name could not be told apart.
drop procedure if exists staging.stage_file(text, bigint, bigint);
drop procedure if exists staging.keep_rejects(text, bigint);
drop procedure if exists staging.show_file(text, bigint);
drop function if exists staging.fill_part(text, text, bigint);
