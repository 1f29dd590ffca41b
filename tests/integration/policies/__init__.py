"""What policies of templates come to, told a second time: a model that shares no code with the daemon, and a table of
templates in which every two values of two policies stand together."""
