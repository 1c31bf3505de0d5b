"""One file per verb: each opens a site, calls the packages below in order, and returns what there is to print."""
