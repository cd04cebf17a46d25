-- Where COPY is interrupted, the server would write the line it was at into its log. Only a role with the right to it may
-- stop that.
select set_config('log_error_verbosity', 'terse', true)
where has_parameter_privilege(current_user, 'log_error_verbosity', 'set')
