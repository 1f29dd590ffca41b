-- recurctl: the next rows of the cursor that a ctl_*_open statement declared.
-- Result: any
fetch 1000 from ctl_rows
