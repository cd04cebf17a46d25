select moment, people, people_before, features
from ops.chain_features(%(run_id)s, %(vintage)s, %(months)s, %(enough_people)s, %(sample)s)
