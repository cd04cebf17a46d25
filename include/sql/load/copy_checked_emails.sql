copy personal.checked_emails (written, email, email_problem) from stdin
