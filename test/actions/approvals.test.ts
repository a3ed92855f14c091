import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseDisclosure } from '@countersign/log/disclosure.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { draftEvent, type Recordable } from '../../server/src/audit/record.ts'
import { runExport } from '../../server/src/cli/export.ts'
import { runVerify } from '../../server/src/cli/verify.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { createApprovals } from '../../server/src/verify/approvals.ts'
import { logFiles } from '../../server/src/verify/folder.ts'
import { until } from '../support/until.ts'
import { type ActionRig, type Person, startActionRig } from './rig.ts'

let rig: ActionRig
let rob: Person
let mgr: Person
let exported: string
beforeAll(async () => {
  rig = await startActionRig()
  await rig.knownTenant()
  rob = await rig.person('support_admin')
  mgr = await rig.person('support_manager')
  for (const user of ['usr_0001', 'usr_0002']) {
    const { body } = await rig.act(rob, 'suspend_account', user, { ask_approval: true })
    await rig.approve(mgr, body.id)
  }
  exported = await exportTo('export')
})
afterAll(() => rig.close())

/** Every event is in the log, and signed. */
const inLog = () =>
  until(async () => {
    const { rows } = await rig.database.store.pool.query<{ open: boolean }>(`
      select exists (select from events e where not exists (select from log_entries l where l.event_n = e.n))
        or (select size from log_sequencer) > coalesce((select max(size) from log_checkpoints), 0) as open`)
    return rows[0]?.open === false
  })
const exportTo = async (name: string) => {
  await inLog()
  const { store, journal, keys, dataDir } = rig.database
  const out = join(dataDir, name)
  await runExport({ store, journal, keys, out, operator: 'tester' })
  return out
}
const verify = async (folder: string) => {
  const lines: string[] = []
  const code = await runVerify({ source: { folder }, print: (line) => lines.push(line) })
  return { code, text: lines.join('\n') }
}
const linesOf = (file: keyof typeof logFiles) => readFileSync(join(exported, logFiles[file]), 'utf8').trimEnd().split('\n')

/** What is found once some lines of the export have changed. */
const judge = (change: (entry: string) => string, changeBeside: (beside: string[]) => string[] = (beside) => beside) => {
  const approvals = createApprovals()
  linesOf('entries').forEach((entry, index) => {
    approvals.add(index, entry.includes('.APPROVED"') ? change(entry) : entry)
  })
  linesOf('disclosures').forEach((line, index) => {
    approvals.addBeside(index, changeBeside(JSON.parse(line) as string[]))
  })
  return approvals.finish()
}
const asItIs = (entry: string) => entry

describe('A40 P7 the signature of every approval', () => {
  it('is checked offline in an export, and counted', async () => {
    const { code, text } = await verify(exported)
    expect([code, text]).toEqual([0, expect.stringMatching(/approvals +2 checked/)])
  })

  it('is checked in the running database too', async () => {
    const lines: string[] = []
    const code = await runVerify({
      source: { store: rig.database.store, keys: rig.database.keys },
      print: (line) => lines.push(line),
    })
    expect([code, lines.join('\n')]).toEqual([0, expect.stringMatching(/approvals +2 checked/)])
  })

  it('holds where the request that was signed has been erased', async () => {
    const folder = join(rig.database.dataDir, 'erased')
    mkdirSync(folder)
    for (const file of readdirSync(exported)) copyFileSync(join(exported, file), join(folder, file))
    rmSync(join(folder, logFiles.disclosures))
    const { code, text } = await verify(folder)
    expect([code, text]).toEqual([0, expect.stringMatching(/approvals +2 checked/)])
    expect(judge(asItIs, () => [])).toEqual({ findings: [], account: { passkey: 2, sign_in: 0 } })
  })

  it.each(['digest', 'authenticator_data', 'client_data', 'assertion', 'credential_id', 'request_id'])(
    'fails for one changed byte of %s',
    (member) => {
      const flip = (value: string) => `${value.slice(0, 8)}${value[8] === 'A' ? 'B' : 'A'}${value.slice(9)}`
      const { findings } = judge((entry) =>
        entry.replace(new RegExp(`"${member}":"([^"]+)"`), (_, value) => `"${member}":"${flip(value)}"`),
      )
      expect(findings.map(({ code }) => code)).toEqual(['approval_mismatch', 'approval_mismatch'])
    },
  )

  it('fails for one changed byte of the request', () => {
    const { findings } = judge(asItIs, (beside) =>
      beside.map((disclosure) => {
        const { name } = parseDisclosure(disclosure)
        if (name !== 'details.signed') return disclosure
        return Buffer.from(Buffer.from(disclosure, 'base64url').toString().replace('on the phone', 'on the phonE')).toString('base64url')
      }),
    )
    expect(findings.map(({ code }) => code)).toEqual(['approval_mismatch', 'approval_mismatch'])
  })

  it('fails where it is somebody else’s, or of a key that was never enrolled', () => {
    const other = judge((entry) => entry.replace(mgr.staff_id, rob.staff_id)).findings
    expect(other.map(({ reason }) => reason)).toEqual(Array(2).fill(expect.stringContaining('its key is another person’s')))
    const approvals = createApprovals()
    linesOf('entries').forEach((entry, index) => {
      if (!entry.includes('STAFF.PASSKEY.ENROLLED')) approvals.add(index, entry)
    })
    expect(approvals.finish().findings).toHaveLength(2)
  })

  it('fails in a log that is whole otherwise: nobody who can write to it, and sign it, makes up an approval', async () => {
    const [made] = await rig.events({ action: 'ACCOUNT.SUSPEND.APPROVED' })
    if (made?.action !== 'ACCOUNT.SUSPEND.APPROVED') throw new Error('there is no approval')
    const { action, result, actor, tenant_id, target, details } = made
    const event = { action, result, actor, tenant_id, target, details: { ...details, digest: 'A'.repeat(43) } }
    await transaction(rig.database.store, (tx) => rig.database.journal.record(tx, event as Recordable))
    const { code, text } = await verify(await exportTo('made-up'))
    expect(code).toBe(1)
    expect(text).toMatch(/signs another request.*approval_mismatch/)
  })

  it('AU-14 fails in an event that was forged with the stolen key of events: the mark is right, the approval is nobody’s', async () => {
    const [made] = await rig.events({ action: 'ACCOUNT.SUSPEND.APPROVED' })
    if (made?.action !== 'ACCOUNT.SUSPEND.APPROVED') throw new Error('there is no approval')
    const stolen = Buffer.from(readFileSync(join(rig.database.dataDir, 'keys', 'event.key'), 'utf8'), 'base64')
    const { action, result, actor, tenant_id, target, details } = made
    // A true signature of this manager, for another request.
    const forged = { action, result, actor, tenant_id, target, details: { ...details, request_id: 'act_forged', digest: 'B'.repeat(43) } }
    const { id, head, tail, mac } = draftEvent(stolen, forged as Recordable)
    await rig.asSuperuser(
      `insert into events (body, mac) values ('${head}2026-11-30T12:00:00.000000Z${tail}', '\\x${mac.toString('hex')}')`,
    )
    await inLog()
    const { rows } = await rig.database.store.pool.query<{ log_index: string }>('select log_index from log_entries where event_id = $1', [
      id,
    ])
    const index = rows[0]?.log_index
    expect(index).toBeDefined()
    const lines: string[] = []
    const code = await runVerify({ source: { store: rig.database.store, keys: rig.database.keys }, print: (line) => lines.push(line) })
    expect(code).toBe(1)
    // Of all that is found, nothing says that the program did not write it.
    expect(lines.join('\n')).not.toContain('HMAC')
    expect(lines.join('\n')).toMatch(
      new RegExp(`entry ${index}: The approval is not to be believed: it signs another request.*approval_mismatch`),
    )
  })
})
