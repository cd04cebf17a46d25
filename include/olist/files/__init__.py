"""The nine files a run begins with: which they are, and what is made of broken CSV."""
