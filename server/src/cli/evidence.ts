import { AskedInstant } from '@countersign/contract/text.ts'
import { Trouble } from '../errors.ts'
import { packEvidence } from '../evidence/pack.ts'
import { findOrigin, fingerprintOf, logKeyOf } from '../sequencer/log-key.ts'
import type { Opened } from './open.ts'
import { currentOperator } from './operator.ts'

type Options = { from: string; to: string; tenant?: string; out: string }

/** A day is its beginning in UTC. */
const parseInstant = (name: string, text: string): string => {
  const parsed = AskedInstant.safeParse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  if (!parsed.success)
    throw new Trouble(`--${name} ${text} is not an instant.`, 'Give a day such as 2026-10-01, or an instant such as 2026-10-01T08:00:00Z.')
  return parsed.data
}

/** Makes an evidence pack of a time. */
export const runEvidence = async ({ store, journal, keys }: Opened, options: Options, print: (line: string) => void): Promise<void> => {
  const [from, to] = [parseInstant('from', options.from), parseInstant('to', options.to)]
  if (Date.parse(from) >= Date.parse(to))
    throw new Trouble('--from is not before --to.', 'The pack covers the time from the first up to the second.')
  const origin = await findOrigin(store)
  if (origin === undefined)
    throw new Trouble('The log has no checkpoint yet.', 'Start the program once; it signs within a second of the first event.')
  const key = logKeyOf(keys, origin)
  const seal = { origin, key: key.text, fingerprint: fingerprintOf(key.verifier) }
  await packEvidence({
    store,
    journal,
    seal,
    verifier: key.verifier,
    principal: currentOperator(),
    from,
    to,
    tenant_id: options.tenant,
    out: options.out,
    print,
  })
}
