import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { EventPage, LoggedEvent } from '@countersign/contract/events.ts'
import type { LogHead } from '@countersign/contract/proofs.ts'
import { conceal } from '@countersign/log/disclosure.ts'
import { canonicalForm } from '@countersign/log/entry.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey } from '../../server/src/identity/tenant-key/create.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'

/** Debian's golang-go and golang-golang-x-mod-dev, or a GOPATH of your own. */
const goPath = process.env.GOPATH ?? '/usr/share/gocode'
const env = { ...process.env, GO111MODULE: 'off', GOPATH: goPath, GOFLAGS: '' }
const hasGo = spawnSync('go', ['list', 'golang.org/x/mod/sumdb/tlog', 'golang.org/x/mod/sumdb/note'], { env }).status === 0
const missing = 'Go with golang.org/x/mod is not installed (Debian: golang-go golang-golang-x-mod-dev)'

let rig: Rig
let folder: string
let input: { url: string; key: string; earlier: string; proofs: { entry: string; proof: string }[] }

/** What the Go program says of it, and whether it accepts it. */
const judge = async (change: Partial<typeof input> = {}): Promise<{ lines: string[]; accepted: boolean }> => {
  const child = spawn(join(folder, 'verify'), { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.stdin.end(JSON.stringify({ ...input, ...change }))
  const lines = (await text(child.stdout)).trimEnd().split('\n')
  return { lines, accepted: (await ended) === 0 }
}

beforeAll(async () => {
  if (!hasGo) return
  folder = mkdtempSync(join(tmpdir(), 'countersign-go-'))
  execFileSync('go', ['build', '-o', join(folder, 'verify'), join(import.meta.dirname, 'verify.go')], {
    env: { ...env, GOCACHE: join(folder, 'cache') },
  })
  rig = await startRig()
  const tenantId = await rig.knownTenant()
  const { store, journal } = rig.database
  const { key } = await createKey({ store, journal, principal: { kind: 'operator', id: 'test' } }, { tenant_id: tenantId, name: 'go' })
  const ask = (path: string) => fetch(`${rig.console_url}/v1/audit${path}`, { headers: { 'x-api-key': key } })
  const headOf = async () => (await (await ask('/head')).json()) as LogHead
  const first = await until(async () => {
    const answer = await ask('/head')
    return answer.status === 200 ? ((await answer.json()) as LogHead) : undefined
  })
  // More than a full tile of tiles would take a minute: two levels are enough, full and partial.
  await journal.recordAll(
    store.db,
    Array.from({ length: 1_000 }, (_, n) => ({
      action: 'TENANT.OPENED' as const,
      result: 'ok' as const,
      actor: { kind: 'system' as const, id: 'test' },
      tenant_id: tenantId,
      target: { kind: 'tenant' as const, id: tenantId, label: `Zoë ${n}` },
    })),
  )
  await until(async () => (await headOf()).size >= first.size + 1_000)
  const page = (await (await ask('?action=TENANT.OPENED&limit=200&proof=true')).json()) as EventPage
  const chosen = [0, 1, 77, 199].map((at) => page.items[at] as LoggedEvent)
  const proofs = await Promise.all(
    chosen.map(async ({ log_index: _, disclosures: __, ...event }) => ({
      entry: canonicalForm(conceal(event)),
      proof: await (await ask(`/${event.id}/proof`)).text(),
    })),
  )
  input = { url: rig.console_url, key: (await headOf()).key, earlier: first.checkpoint, proofs }
}, 120_000)
afterAll(async () => {
  await rig?.close()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

describe('AU-16 Go’s own packages (sumdb/note, sumdb/tlog)', () => {
  it('accept our key, checkpoint, tiles, consistency and proofs', async ({ skip }) => {
    skip(!hasGo, missing)
    const { lines, accepted } = await judge()
    expect(lines).toEqual([
      expect.stringMatching(/^checkpoint \d+$/),
      'tiles',
      expect.stringMatching(/^continues \d+$/),
      ...Array(4).fill(expect.stringMatching(/^holds \d+$/)),
    ])
    expect(accepted).toBe(true)
  })

  it('refuse what we would refuse', async ({ skip }) => {
    skip(!hasGo, missing)
    const [first] = input.proofs as [(typeof input.proofs)[number]]
    const cut = first.proof.replace(/\n[^\n]{43}=\n/, '\n')
    const lastOf = async (change: Partial<typeof input>) => {
      const { lines, accepted } = await judge(change)
      expect(accepted).toBe(false)
      return lines.at(-1)
    }
    expect(await lastOf({ proofs: [{ ...first, entry: first.entry.replace('"ok"', '"no"') }] })).toContain('refused: inclusion')
    expect(await lastOf({ proofs: [{ ...first, proof: cut }] })).toContain('refused: inclusion')
    expect(await lastOf({ earlier: input.earlier.replace(/\n(\d+)\n/, '\n1$1\n') })).toContain('refused: signature')
    expect(await lastOf({ key: input.key.replace(/.$/, (end) => (end === 'A' ? 'B' : 'A')) })).toContain('refused:')
  })
})
