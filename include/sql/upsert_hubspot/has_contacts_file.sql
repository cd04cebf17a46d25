-- Whether it is known who can be written to: a contacts file is in the warehouse.
select exists (select from personal.customer_contacts_by_file)
