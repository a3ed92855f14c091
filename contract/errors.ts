import { z } from 'zod'

type Entry = { status: number; title: string; hint: string }

/**
 * The closed list of refusals. `title` is a public sentence, `hint` says what to do next. What only we may know
 * never stands here: it goes to the program's own log.
 */
export const errorCatalogue = {
  // input
  invalid_request: {
    status: 400,
    title: 'The request does not have the expected form.',
    hint: 'Compare it with /openapi.json; `errors` names the members.',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not valid JSON.',
    hint: 'Send one JSON value in UTF-8 with content-type application/json.',
  },
  unsupported_media_type: { status: 415, title: 'This content type is not accepted here.', hint: 'Send application/json.' },
  body_too_large: { status: 413, title: 'The body is larger than this endpoint accepts.', hint: 'Send less than 1 MB.' },
  headers_too_large: {
    status: 431,
    title: 'The headers are larger than this server accepts.',
    hint: 'Send at most 100 headers and 16 kB.',
  },
  request_timeout: { status: 408, title: 'The request did not arrive in time.', hint: 'Send it again.' },
  duplicate_cookie: { status: 400, title: 'The session cookie was sent twice.', hint: 'Clear the cookies of this site and sign in again.' },
  reason_too_short: {
    status: 400,
    title: 'The reason needs at least 10 visible characters.',
    hint: 'Say in one sentence why access is needed.',
  },
  reason_too_long: {
    status: 400,
    title: 'The reason has more than 2,000 characters.',
    hint: 'Keep it to a few sentences; put anything longer in the ticket.',
  },
  ttl_out_of_range: {
    status: 400,
    title: 'The time to live must be a whole number of minutes, 1 to 60 (1 to 15 on one user).',
    hint: 'Ask for the shortest time you need; the default is 15.',
  },
  scope_not_read_only: {
    status: 400,
    title: 'A session on one user is read-only.',
    hint: 'Ask for scopes of the preset read_only, or open a session on the tenant.',
  },
  extension_too_long: {
    status: 400,
    title: 'The session would run longer than allowed.',
    hint: 'A session ends at most 60 minutes after its opening, or 15 on one user; ask for less, or open a new one.',
  },
  scope_not_allowed: {
    status: 403,
    title: 'Your roles do not allow one of the requested scopes.',
    hint: 'GET /api/scopes lists the scopes you may have; the configuration says which each role may have.',
  },
  scope_unknown: {
    status: 400,
    title: 'A requested scope or preset does not exist.',
    hint: 'GET /api/scopes lists the scopes and presets that exist.',
  },
  // who
  not_signed_in: { status: 401, title: 'You are not signed in.', hint: 'Sign in and try again.' },
  session_idle: { status: 401, title: 'You were signed out after 15 minutes without activity.', hint: 'Sign in again.' },
  session_over: { status: 401, title: 'Your sign-in has reached its limit of 8 hours or was ended.', hint: 'Sign in again.' },
  sign_in_refused: {
    status: 400,
    title: 'The sign-in was refused.',
    hint: 'Start again from the sign-in page; if it happens again, tell your administrator the request id.',
  },
  sign_in_stale: {
    status: 400,
    title: 'This sign-in was already finished, took longer than 10 minutes, or was started in another browser.',
    hint: 'Start again from here. Back, reload and a restored tab cannot finish a sign-in a second time; a browser that keeps no cookies cannot finish one at all.',
  },
  sign_in_canceled: {
    status: 403,
    title: 'You canceled the sign-in, or your identity provider does not let you into this console.',
    hint: 'Start again; if you did not cancel, ask your administrator to assign you to this console at the identity provider.',
  },
  sign_in_misconfigured: {
    status: 503,
    title: 'This console and the identity provider are not set up to work together.',
    hint: 'Tell your administrator the request id: the program log says what to change. Trying again does not help.',
  },
  roles_not_sent: {
    status: 403,
    title: 'Your identity provider did not say which roles you have: you are in more groups than it sends.',
    hint: 'Tell your administrator the request id: the program log says what to change at the identity provider.',
  },
  sign_in_too_weak: {
    status: 403,
    title: 'You did not sign in strongly or recently enough for this console.',
    hint: 'Sign in again at your identity provider with the second factor that it asks for.',
  },
  identity_provider_unavailable: {
    status: 503,
    title: 'The identity provider is not answering correctly.',
    hint: 'Try again in a minute; your administrator can find the cause in the program log.',
  },
  no_role: {
    status: 403,
    title: 'Your account has no role in this console.',
    hint: 'Ask your administrator for support_admin, super_admin or auditor.',
  },
  role_missing: {
    status: 403,
    title: 'Your roles do not allow this.',
    hint: 'Ask your administrator for the role this needs; your account menu shows the roles you have.',
  },
  sign_in_not_fresh: {
    status: 403,
    title: 'This needs a sign-in within the last five minutes.',
    hint: 'Sign in again at your identity provider and come back to this page.',
  },
  passkey_missing: {
    status: 403,
    title: 'You have no passkey that can sign here.',
    hint: 'Add one under My keys; your first one may have to be confirmed, or to wait a day.',
  },
  passkey_not_fresh: {
    status: 403,
    title: 'This needs a signature with one of your passkeys in the last five minutes.',
    hint: 'Sign with a key you already have, then add the new one.',
  },
  own_passkey: {
    status: 403,
    title: 'You cannot confirm your own key.',
    hint: 'Ask another super_admin to confirm it.',
  },
  passkey_refused: {
    status: 403,
    title: 'The passkey’s signature was not accepted.',
    hint: 'Try again with one of your own keys, within two minutes of being asked; the record says why it was refused.',
  },
  passkey_known: {
    status: 409,
    title: 'This passkey is already enrolled.',
    hint: 'Each passkey belongs to one person; use another authenticator.',
  },
  cross_site: { status: 403, title: 'This request came from another site.', hint: 'Open the console in its own tab and try again there.' },
  key_refused: {
    status: 401,
    title: 'The API key is not valid.',
    hint: 'Send one key in the X-API-Key header; keys can be revoked or expire.',
  },
  key_permission_missing: {
    status: 403,
    title: 'The API key does not have the permission for this.',
    hint: 'Create a key with the permission audit:read.',
  },
  too_many_requests: { status: 429, title: 'Too many requests.', hint: 'Wait for the seconds given in Retry-After.' },
  // what
  not_found: {
    status: 404,
    title: 'There is nothing at this address.',
    hint: 'Check the id; what belongs to another tenant is not shown.',
  },
  conflict: { status: 409, title: 'The state has changed in the meantime.', hint: 'Reload it and decide again.' },
  legal_hold: {
    status: 409,
    title: 'A legal hold protects this data from erasure.',
    hint: 'Once it is over, release it: countersign hold --tenant <id> --release --why <text>',
  },
  session_already_over: {
    status: 409,
    title: 'The session has already ended.',
    hint: 'There is nothing to do: it can no longer be used.',
  },
  gates_unmet: {
    status: 403,
    title: 'Something that this action requires is missing.',
    hint: '`unmet` names each gate; POST /api/actions/explain says what is required before you try.',
  },
  idempotency_conflict: {
    status: 409,
    title: 'This Idempotency-Key was used for another request.',
    hint: 'Use a new key for each thing that you want done.',
  },
  request_expired: {
    status: 410,
    title: 'The request has expired.',
    hint: 'Ask again; an approval is valid for a limited time only.',
  },
  approval_void: {
    status: 409,
    title: 'The approval is no longer valid.',
    hint: 'The request says what has changed. Ask again.',
  },
  export_gone: {
    status: 410,
    title: 'This export no longer exists.',
    hint: 'Exports are deleted after a day; request it again.',
  },
  export_changed: {
    status: 410,
    title: 'The contents of this export have changed: values in it were erased in the meantime.',
    hint: 'Request it again: the new one leaves them out.',
  },
  export_not_ready: { status: 409, title: 'This export is still being prepared.', hint: 'Wait until its state is ready.' },
  range_refused: { status: 416, title: 'The file does not have these bytes.', hint: 'Compare the range with Content-Range.' },
  // support sessions at the gateway
  token_missing: {
    status: 401,
    title: 'No support session token was sent.',
    hint: 'Send Authorization: Bearer css_… with the token shown when the session was created.',
  },
  token_refused: {
    status: 401,
    title: 'The support session token is not valid.',
    hint: 'Create a support session; a token is shown only once.',
  },
  session_expired: { status: 403, title: 'The support session has expired.', hint: 'Create a new session if access is still needed.' },
  address_refused: {
    status: 403,
    title: 'The support session can be used only from the address it was opened from.',
    hint: 'Use it from there, or create a new session.',
  },
  session_timed_out: {
    status: 403,
    title: 'The support session has ended: it was idle for too long.',
    hint: 'Create a new session if access is still needed.',
  },
  session_revoked: { status: 403, title: 'The support session was revoked.', hint: 'Ask who revoked it before you create a new one.' },
  tenant_gone: {
    status: 403,
    title: 'The tenant of this support session was deleted, or its id now belongs to another tenant.',
    hint: 'There is nothing to do: the session can no longer be used.',
  },
  staff_not_allowed: {
    status: 403,
    title: 'The staff member who opened this session may no longer use it.',
    hint: 'Sign in again; roles are read at every request.',
  },
  target_refused: {
    status: 400,
    title: 'The request target has a form that is not accepted.',
    hint: '`detail` says which character, and what to write instead.',
  },
  method_refused: {
    status: 405,
    title: 'This method is not accepted by the gateway.',
    hint: 'Use GET, HEAD, POST, PUT, PATCH or DELETE as the route declares.',
  },
  header_refused: {
    status: 400,
    title: 'A header is not accepted by the gateway.',
    hint: 'Leave out forwarding, identity and override headers, underscores and duplicates.',
  },
  host_refused: { status: 421, title: 'This host name is not served here.', hint: "Use the gateway's own address." },
  body_refused: {
    status: 400,
    title: 'This request cannot have this body.',
    hint: 'Send GET, HEAD and DELETE without a body; `detail` says what is wrong with a form.',
  },
  upgrade_refused: {
    status: 400,
    title: 'This protocol upgrade is not accepted.',
    hint: 'Open a WebSocket only on a route declared as one, from the product itself; use plain HTTP elsewhere.',
  },
  route_undeclared: {
    status: 403,
    title: 'No route is declared for this request.',
    hint: 'Only routes of the configuration can be reached in a support session.',
  },
  sink_blocked: { status: 403, title: 'This route is never reachable in a support session.', hint: 'The tenant must do this itself.' },
  scope_missing: {
    status: 403,
    title: 'The session does not have the scope for this request.',
    hint: 'Create a session with the scope named in `scope`.',
  },
  other_tenant: { status: 403, title: 'The session is for another tenant.', hint: 'Create a session for that tenant.' },
  // views: the product in a browser
  view_not_offered: {
    status: 409,
    title: 'The product cannot be shown in the browser here.',
    hint: 'Ask your administrator to set gateway.browser_origin; the token and curl work without it.',
  },
  session_of_another: {
    status: 403,
    title: 'Only the person who opened a session can use it.',
    hint: 'Open a session of your own.',
  },
  view_missing: {
    status: 403,
    title: 'This browser has not been admitted here.',
    hint: 'Open the product from the page of the support session.',
  },
  view_refused: {
    status: 403,
    title: 'This browser was not admitted at this address.',
    hint: 'Open the product from the page of the support session.',
  },
  view_closed: {
    status: 403,
    title: 'This view of the product was closed.',
    hint: 'Open the product again from the page of the support session. A browser shows one at a time.',
  },
  outside_frame: {
    status: 403,
    title: 'The product is shown only inside the console.',
    hint: 'Open it from the page of the support session.',
  },
  handover_refused: {
    status: 403,
    title: 'The hand-over code is not valid.',
    hint: 'Open the product again from the page of the support session.',
  },
  handover_used: {
    status: 403,
    title: 'The hand-over code was already used.',
    hint: 'Each code works once: the console asks for a new one.',
  },
  handover_late: {
    status: 403,
    title: 'The hand-over code is older than a minute.',
    hint: 'Open the product again from the page of the support session.',
  },
  handover_other_browser: {
    status: 403,
    title: 'The hand-over code was made for another browser.',
    hint: 'Open the product from the console in this browser.',
  },
  handover_other_origin: {
    status: 403,
    title: 'The hand-over code was made for another address.',
    hint: 'Open the product again from the page of the support session.',
  },
  upstream_unavailable: {
    status: 502,
    title: 'The product did not answer.',
    hint: 'Try again; the request may or may not have been carried out.',
  },
  upstream_refused: {
    status: 502,
    title: 'The product’s answer has a form that is not passed on.',
    hint: 'The access log says what was wrong.',
  },
  redirect_elsewhere: {
    status: 302,
    title: 'The product carried out the request, and redirects elsewhere.',
    hint: 'Do not repeat a request that changes something. Addresses outside the product are not passed on; the access log names the origin.',
  },
  upstream_timeout: {
    status: 504,
    title: 'The product took too long to answer.',
    hint: 'Try again; the request may or may not have been carried out.',
  },
  // ourselves
  directory_unavailable: {
    status: 503,
    title: 'The directory of tenants and users does not answer.',
    hint: 'Try again in a minute; `countersign connector check` says what is wrong.',
  },
  directory_garbled: {
    status: 502,
    title: 'The directory’s answer could not be understood.',
    hint: 'Run `countersign connector check` against it.',
  },
  log_behind: {
    status: 503,
    title: 'The log has not been signed up to this event yet.',
    hint: 'Try again in a second; /readyz says whether the log keeps up.',
  },
  store_unavailable: { status: 503, title: 'The database does not answer.', hint: 'Nothing was done. Try again in a minute.' },
  took_too_long: {
    status: 503,
    title: 'The database took too long for this.',
    hint: 'Nothing was done. Ask for less, such as a shorter period or one tenant, or try again in a moment.',
  },
  not_durable: {
    status: 503,
    title: 'The database could not confirm that this was stored safely.',
    hint: 'It may or may not have happened: look at the log before you try again.',
  },
  checkpoint_not_ours: {
    status: 503,
    title: 'The newest checkpoint in the database is not one that this log signed.',
    hint: 'Keep the checkpoints that you have; the operator can find out more with countersign verify.',
  },
  overloaded: { status: 503, title: 'This server has more requests than it can handle.', hint: 'Nothing was done. Try again in a moment.' },
  shutting_down: { status: 503, title: 'This server is shutting down.', hint: 'Try again.' },
  internal: { status: 500, title: 'Something went wrong on our side.', hint: 'Tell your administrator the request id.' },
} as const satisfies Record<string, Entry>

export type ErrorCode = keyof typeof errorCatalogue
export const errorCodes = Object.keys(errorCatalogue) as ErrorCode[]
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCatalogue, code)

/** RFC 9457 problem details, with our code, hint and request id. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    code: z.enum(errorCodes as [ErrorCode, ...ErrorCode[]]),
    hint: z.string(),
    request_id: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    scope: z.string().optional().describe('The scope that was missing'),
    unmet: z
      .array(z.object({ gate: z.string(), note: z.string() }))
      .optional()
      .describe('Every gate that an action lacks'),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
