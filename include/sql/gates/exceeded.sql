select
    ops.exceeded_gates(%(run_id)s, %(stage)s, are_accepted => true),
    ops.exceeded_gates(%(run_id)s, %(stage)s, are_accepted => false)
