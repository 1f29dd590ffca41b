-- recurctl explain: the next rows of the cursor of ctl_explain_tasks_open.
-- Result: any
fetch 1000 from ctl_explained_tasks
