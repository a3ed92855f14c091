import { createHash, verify } from 'node:crypto'
import { parseDisclosure } from '@countersign/log/disclosure.ts'
import type { Finding } from '@countersign/log/verifier.ts'
import { readCoseKey } from './cose.ts'

/** How many approvals there are, and what vouches for them. */
export type ApprovalAccount = { passkey: number; sign_in: number }

type Details = Record<string, string | undefined>
type Entry = { action?: string; result?: string; actor?: { id?: string }; target?: { id?: string }; details?: Details }
type Approval = { index: number; by: string | undefined; details: Details; signed?: string }
type Enrolled = { index: number; staff: string | undefined; passkey: string | undefined; publicKey: Buffer }

const enrolled = 'STAFF.PASSKEY.ENROLLED'
const removed = 'STAFF.PASSKEY.REMOVED'
const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest()
const bytesOf = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url')
/** Most entries are not looked into. */
const isOfInterest = (text: string): boolean => /"action":"([A-Z.]+[.]APPROVED|STAFF[.]PASSKEY[.](ENROLLED|REMOVED))"/.test(text)

const userPresentAndVerified = 0x01 | 0x04

/** WebAuthn's own form of a signature (L3 §7.2), over the SHA-256 of the request as its challenge. */
const findFault = ({ details, signed, by }: Approval, key: Enrolled | undefined): string | undefined => {
  if (!key) return 'no key that was enrolled before it, and not removed, made it'
  if (key.staff !== by) return 'its key is another person’s'
  const [authenticatorData, clientData] = [bytesOf(details.authenticator_data), bytesOf(details.client_data)]
  const { type, challenge, crossOrigin } = JSON.parse(clientData.toString('utf8')) as Record<string, unknown>
  if (type !== 'webauthn.get' || (crossOrigin !== undefined && crossOrigin !== false)) return 'it was made for something else'
  if (challenge !== details.digest) return 'it signs another request'
  if (((authenticatorData[32] ?? 0) & userPresentAndVerified) !== userPresentAndVerified) return 'its user was not verified'
  const { key: publicKey, hash } = readCoseKey(key.publicKey)
  const data = Buffer.concat([authenticatorData, sha256(clientData)])
  if (!verify(hash, data, publicKey, bytesOf(details.assertion))) return 'its signature is wrong'
  return signed === undefined ? undefined : findFaultOfText({ details, signed, by })
}

/** What was signed, as far as it was not erased. */
const findFaultOfText = ({ details, signed = '', by }: Omit<Approval, 'index'>): string | undefined => {
  if (sha256(signed).toString('base64url') !== details.digest) return 'the request beside it is not the one that was signed'
  const { id, action, requester } = JSON.parse(signed) as { id?: string; action?: string; requester?: { id?: string } }
  if (id !== details.request_id || action !== details.action) return 'the request that was signed is another one'
  return requester?.id === by ? 'it is of one’s own request' : undefined
}

const findFaultSafely = (approval: Approval, key: Enrolled | undefined): string | undefined => {
  try {
    return findFault(approval, key)
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`
  }
}

/**
 * Checks the signature of every approval of a log with nothing but the log: public keys come from the events of their enrolment.
 * Shares no code with what took the signatures.
 */
export const createApprovals = () => {
  const approvals = new Map<number, Approval>()
  const keys = new Map<string, Enrolled>()
  const removals = new Map<string, number>()

  const add = (index: number, text: string): void => {
    if (!isOfInterest(text)) return
    const { action, result, actor, target, details = {} } = JSON.parse(text) as Entry
    if (result !== 'ok') return
    if (action === removed) removals.set(target?.id ?? '', index)
    else if (action === enrolled)
      keys.set(details.credential_id ?? '', { index, staff: actor?.id, passkey: target?.id, publicKey: bytesOf(details.public_key) })
    else approvals.set(index, { index, by: actor?.id, details })
  }

  const keyOf = ({ index, details }: Approval): Enrolled | undefined => {
    const key = keys.get(details.credential_id ?? '')
    const isUsable = key && key.index < index && (removals.get(key.passkey ?? '') ?? Number.POSITIVE_INFINITY) > index
    return isUsable ? key : undefined
  }

  const judge = (approval: Approval): Finding[] => {
    const { index, details } = approval
    const fault = details.signature === 'sign_in' ? undefined : findFaultSafely(approval, keyOf(approval))
    return fault === undefined
      ? []
      : [{ code: 'approval_mismatch', from: index, to: index + 1, reason: `The approval is not to be believed: ${fault}.` }]
  }

  return {
    /** The text of an entry that may not be read as JSON is judged elsewhere. */
    add(index: number, text: string): void {
      try {
        add(index, text)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
      }
    },
    /** What lies beside an entry: the request as it was signed. */
    addBeside(index: number, disclosures: readonly string[]): void {
      const approval = approvals.get(index)
      if (!approval) return
      for (const disclosure of disclosures) {
        try {
          const { name, value } = parseDisclosure(disclosure)
          if (name === 'details.signed') approval.signed = String(value)
        } catch {
          // A finding of its own.
        }
      }
    },
    finish(): { findings: Finding[]; account: ApprovalAccount } {
      const all = [...approvals.values()]
      const sign_in = all.filter(({ details }) => details.signature === 'sign_in').length
      return { findings: all.flatMap(judge), account: { passkey: all.length - sign_in, sign_in } }
    },
  }
}

/** The same source, with every entry and what lies beside it read by the way. */
export const watching = <S extends { entries: unknown; disclosures?: unknown }>(
  source: S & {
    entries: AsyncIterable<readonly Uint8Array[]> | Iterable<readonly Uint8Array[]>
    disclosures?: AsyncIterable<readonly string[]> | Iterable<readonly string[]>
  },
  approvals: ReturnType<typeof createApprovals>,
): S => {
  const entries = async function* () {
    let index = 0
    for await (const batch of source.entries) {
      for (const bytes of batch) approvals.add(index++, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
      yield batch
    }
  }
  const disclosures = async function* (given: NonNullable<typeof source.disclosures>) {
    let index = 0
    for await (const beside of given) {
      approvals.addBeside(index++, beside)
      yield beside
    }
  }
  return { ...source, entries: entries(), ...(source.disclosures && { disclosures: disclosures(source.disclosures) }) }
}
