/** Why a call to somebody else got no answer that can be used, as people are told. */
export const failurePhrases = {
  address: 'its address is neither https nor loopback',
  forbidden: 'its address is none that may be called',
  name: 'its host name was not found',
  refused: 'nothing accepts connections at its address',
  certificate: 'its TLS certificate is not accepted',
  tls: 'no TLS connection to it came about',
  timeout: 'it did not answer in time',
  reset: 'it broke off the connection',
  too_large: 'its answer is too large',
  garbled: 'its answer is not understood',
  status: 'it answered that it cannot answer now',
  paused: 'it was not asked, as its last calls failed',
  ours: 'we could not make the call',
} as const

export type FailureKind = keyof typeof failurePhrases

/**
 * A call that failed. `detail` is a code of the system or a phrase of ours, never a text from outside, so it may be logged.
 * `sent` is false where the request certainly did not leave: it had no effect then.
 */
export class CallFailure extends Error {
  override name = 'CallFailure'
  readonly kind: FailureKind
  readonly detail: string
  readonly sent: boolean

  constructor(kind: FailureKind, detail: string, { sent = true, cause }: { sent?: boolean; cause?: unknown } = {}) {
    super(`${failurePhrases[kind]} (${detail})`, { cause })
    this.kind = kind
    this.detail = detail
    this.sent = sent
  }
}

/** The failed call that an error came from, where one did. */
export const findCallFailure = (error: unknown): CallFailure | undefined => {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof CallFailure) return at
  return undefined
}

const kinds: [FailureKind, RegExp][] = [
  ['name', /^(ENOTFOUND|EAI_|ENODATA)/],
  ['refused', /^(ECONNREFUSED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN)$/],
  ['certificate', /CERT|UNABLE_TO_|^(HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)/],
  ['tls', /^(ERR_TLS_|ERR_SSL_|EPROTO$)/],
  ['timeout', /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/],
  ['reset', /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET)$/],
  ['too_large', /^UND_ERR_RES_EXCEEDED_MAX_SIZE$/],
  ['garbled', /^(HPE_|HTTPParserError$|UND_ERR_HEADERS_OVERFLOW$|UND_ERR_RES_CONTENT_LENGTH_MISMATCH$)/],
]

/** Kinds of failure that come before anything is written. */
const beforeSending = new Set<FailureKind>(['name', 'refused', 'certificate'])

/** What an error of the HTTP client or of the system means. What is not known to be the other side's fault is ours. */
export const callFailureFrom = (cause: unknown): CallFailure => {
  if (cause instanceof CallFailure) return cause
  const { name, code = '', syscall } = cause as Error & { code?: unknown; syscall?: string }
  if (name === 'TimeoutError') return new CallFailure('timeout', 'no whole answer', { cause })
  const detail = String(code || name || 'unknown')
  const kind = kinds.find(([, pattern]) => pattern.test(detail))?.[0] ?? 'ours'
  const sent = !beforeSending.has(kind) && detail !== 'UND_ERR_CONNECT_TIMEOUT' && syscall !== 'connect'
  return new CallFailure(kind, detail, { cause, sent })
}
