"""The files a run begins with: which they are, what is made of broken CSV, and which e-mails can be used."""
