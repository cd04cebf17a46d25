-- What the pipeline has made in its four schemas. Whatever else lies there is somebody else's, and stays as it is.
create table ops.objects (
    name text primary key
);
comment on table ops.objects is
    'Every table, view and routine of the pipeline. What else is in its schemas is somebody else''s, and left alone.';
comment on column ops.objects.name is 'With its schema; a routine ends in ().';
