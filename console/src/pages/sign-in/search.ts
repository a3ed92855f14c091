import { like, oneOf, searchOf } from '../../search.ts'

export const readSignInSearch = searchOf({
  return_to: like(/^\/.{0,1999}$/s),
  why: oneOf(['not_signed_in', 'session_idle', 'session_over', 'signed_out']),
  refused: like(/^[a-z_]{1,60}$/),
  request_id: like(/^req_[0-9a-f]{32}$/),
})
