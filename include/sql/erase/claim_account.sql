-- An account that was not told apart from others when it took the person is the one at hand.
update ops.pending_erasures as pending
set portal_id = %(portal_id)s
where portal_id = 0
  and not exists (
      select from ops.pending_erasures as other
      where other.erasure_id = pending.erasure_id and other.portal_id = %(portal_id)s
  )
