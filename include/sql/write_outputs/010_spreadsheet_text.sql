-- A text as a spreadsheet shows it rather than computes it: what begins with tab, line feed, carriage return or
-- one of + - = @, as formulas do, gets a quote before it (the rule of OWASP's page on CSV injection).
create or replace function ops.spreadsheet_text(value text) returns text
language sql immutable
return case when ascii(value) in (9, 10, 13, 43, 45, 61, 64) then '''' || value else value end;
