-- What somebody else may have set on a server that is not Postern's alone,
-- each against what Postern relies on.  A session has what was set when it
-- began: whoever needs something of its own says so.
SET GLOBAL max_join_size = 1;
SET GLOBAL completion_type = 'CHAIN';
SET GLOBAL sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,IGNORE_SPACE';
SET GLOBAL time_zone = '+05:00';
SET GLOBAL tx_isolation = 'SERIALIZABLE';
SET GLOBAL foreign_key_checks = 0;
SET GLOBAL unique_checks = 0;
SET GLOBAL sql_safe_updates = 1;
SET GLOBAL sql_select_limit = 1;
SET GLOBAL sql_big_selects = 0;
SET GLOBAL sql_auto_is_null = 1;
SET GLOBAL innodb_lock_wait_timeout = 1;
SET GLOBAL lock_wait_timeout = 1;
SET GLOBAL max_statement_time = 3;
SET GLOBAL tx_read_only = 1;
SET GLOBAL autocommit = 0;
