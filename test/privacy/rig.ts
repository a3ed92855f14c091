import type { NewEvent } from '@countersign/contract/events.ts'
import { awaitCaughtUp } from '../../server/src/audit/caught-up.ts'
import { runVerify } from '../../server/src/cli/verify.ts'
import { newId } from '../../server/src/ids.ts'
import { openStore, type Store } from '../../server/src/store/open.ts'
import { newRig, type Rig } from '../audit/rig.ts'
import { asSuperuser } from '../support/database.ts'

export const rob = {
  kind: 'staff' as const,
  id: newId('staff'),
  issuer: 'https://id',
  subject: 'rob',
  email: 'rob@vendor.example',
  name: 'Robert Lindqvist',
}
export const eve = { id: 'usr_eve', email: 'eve.moreau@globex.example', tenant: 'ten_globex' }
const operator = { kind: 'operator' as const, id: 'root' }

export type EraseRig = Rig & {
  eraser: Store
  /** What verbs of the operator work on. */
  ctx: { store: Store; journal: Rig['journal']; eraser: Store; principal: typeof operator }
  verify(): Promise<{ code: number; all: string }>
  /** Waits until what was recorded is in the log. */
  caughtUp(): Promise<void>
}

export const opened = (user: string, email: string, tenant_id: string): NewEvent => ({
  action: 'CONSOLE.OPENED',
  result: 'ok',
  actor: rob,
  tenant_id,
  target: { kind: 'user', id: user, label: email },
  ticket: 'SUP-77',
})

/** A log with a sequencer that runs by itself. */
export const newEraseRig = async (): Promise<EraseRig> => {
  const rig = await newRig()
  const eraser = await openStore({ url: rig.eraserUrl, as: 'eraser', max: 1 })
  let isOver = false
  const sequencing = (async () => {
    while (!isOver) {
      await rig.sequencer.drain()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  await asSuperuser(rig.superuserUrl, `insert into staff (id, issuer, subject, email, name) values ($1, $2, $3, $4, $5)`, [
    rob.id,
    rob.issuer,
    rob.subject,
    rob.email,
    rob.name,
  ])
  return {
    ...rig,
    eraser,
    ctx: { store: rig.store, journal: rig.journal, eraser, principal: operator },
    caughtUp: async () => {
      if (!(await awaitCaughtUp(rig.store, new AbortController().signal))) throw new Error('the log is behind')
    },
    verify: async () => {
      const lines: string[] = []
      // With the time that the command line gives it.
      const patient = await openStore({ url: rig.appUrl, max: 2, answerMs: 600_000 })
      const code = await runVerify({ source: { store: patient, keys: rig.keys }, print: (line) => lines.push(line) }).finally(patient.close)
      return { code, all: lines.join('\n') }
    },
    close: async () => {
      isOver = true
      await sequencing
      await eraser.close()
      await rig.close()
    },
  }
}
