select data_dir from ops.pipeline_runs where data_dir is not null order by run_id desc limit 1
