import { createInterface } from 'node:readline/promises'
import { Trouble } from '../errors.ts'
import { type EraseBase, erasePersonalData, readExtent } from '../privacy/erase.ts'
import { type Preview, previewErasure } from '../privacy/preview.ts'
import { Selector } from '../privacy/selector.ts'
import type { Say } from './keys.ts'
import { currentOperator } from './operator.ts'
import { formatInstant, formatTable } from './table.ts'

export type EraseOptions = { user?: string; staff?: string; tenant?: string; searchesBefore?: string; why: string; yes?: boolean }

const word = 'erase'

/** A date alone means its beginning, in UTC. */
const instantOf = (text: string): string => (/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)

const selectorOf = ({ user, staff, tenant, searchesBefore }: EraseOptions): Selector => {
  const given = Object.entries({
    user_id: user,
    staff_id: staff,
    tenant_id: tenant,
    searches_before: searchesBefore === undefined ? undefined : instantOf(searchesBefore),
  }).filter(([, value]) => value !== undefined)
  const parsed = Selector.safeParse(Object.fromEntries(given))
  if (given.length === 1 && parsed.success) return parsed.data
  throw new Trouble(
    given.length === 1
      ? `${given[0]?.[1]} is not one of these.`
      : 'Say what to erase: one of --user, --staff, --tenant, --searches-before.',
    'countersign erase --help',
  )
}

const showPreview = ({ rows, count, tenants }: Preview, say: Say): void => {
  const table = rows.map((row) => [row.action, row.member, String(row.count), formatInstant(row.oldest), formatInstant(row.newest)])
  say(formatTable(['EVENT', 'MEMBER', 'VALUES', 'OLDEST', 'NEWEST'], table))
  say(
    `${count} values, of ${tenants.length === 1 ? `the tenant ${tenants[0]}` : `${tenants.length} tenants`}. The events stay, with their digests.`,
  )
}

const confirm = async (): Promise<boolean> => {
  if (!process.stdin.isTTY) throw new Trouble('There is no terminal to ask for confirmation.', 'Add --yes to erase from a script.')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(`This cannot be undone. Type "${word}" to continue: `)).trim() === word
  } finally {
    terminal.close()
  }
}

/** `countersign erase --user <id> --why <text> [--yes]` and the like. Answers the exit code. */
export const runErase = async (base: EraseBase, options: EraseOptions, say: Say): Promise<number> => {
  const selector = selectorOf(options)
  const preview = await previewErasure(base.store, selector, await readExtent(base.store))
  // Of staff the name at their sign-in goes too, where no event has it.
  if (preview.count === 0 && !('staff_id' in selector)) {
    say('There is nothing to erase: no stored value matches.')
    return 0
  }
  showPreview(preview, say)
  if (options.yes !== true && !(await confirm())) {
    say('Nothing was erased.')
    return 1
  }
  const { erased, waiting } = await erasePersonalData({ ...base, principal: currentOperator() }, { selector, reason: options.why })
  if (waiting > 0) say(`${waiting} requests for an action are still pending, and keep their texts: erase again once they are decided.`)
  say(`Erased ${erased} values. Backups, exports and what customers fetched still have them: docs/privacy.md says what to do.`)
  return 0
}
