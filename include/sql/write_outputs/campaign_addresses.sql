-- The last columns of the campaign list, where the run has a file with contacts.
,
    ops.spreadsheet_text(payload ->> 'email') as email,
    ops.spreadsheet_text(payload ->> 'firstname') as first_name,
    ops.spreadsheet_text(payload ->> 'lastname') as last_name
