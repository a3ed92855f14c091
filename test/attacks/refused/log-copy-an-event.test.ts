import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { signCheckpoint } from '@countersign/log/checkpoint.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { appendToEdge, type Edge, parseTilePath, rootOfEdge } from '@countersign/log/tile.ts'
import { hashLeaf } from '@countersign/log/tree.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listTenantEvents } from '../../../server/src/audit/list.ts'
import { proveCompleteness } from '../../../server/src/audit/tally.ts'
import { readTile } from '../../../server/src/audit/tree-reader.ts'
import { runExport } from '../../../server/src/cli/export.ts'
import { runVerify } from '../../../server/src/cli/verify.ts'
import { logKeyOf } from '../../../server/src/sequencer/log-key.ts'
import { origin } from '../../audit/rig.ts'
import { newVictim, total, type Victim } from '../../audit/tamper.ts'

let victim: Victim
beforeEach(async () => {
  victim = await newVictim()
})
afterEach(() => victim.close())

/** The instant is the database's: the HMAC does not cover it. */
const later = '2031-01-01T00:00:00.000000Z'
const withInstant = (body: string) => body.replace(/"occurred_at":"[^"]+"/, `"occurred_at":"${later}"`)

/** Appends entry 321 once more, at another instant, with its own leaf: all that fits together is made to fit. */
const appendCopy = async () => {
  await victim.sql('alter table log_entries drop constraint log_entries_event_id_key')
  await victim.sql(
    `with copied as (
       insert into events (body, mac)
       select regexp_replace(body, '"occurred_at":"[^"]+"', '"occurred_at":"${later}"'), mac
       from events join log_entries on n = event_n where log_index = 321 returning n, body)
     insert into log_entries (log_index, event_n, event_id, leaf_hash, occurred_at, action, category, result, actor_id, tenant_id, target_kind, target_id)
     select ${total}, copied.n, event_id, sha256('\\x00'::bytea || convert_to(copied.body, 'utf8')), '${later}', action, category, result, actor_id, tenant_id, target_kind, target_id
     from copied, log_entries where log_index = 321`,
  )
  await victim.rebuildTree()
  await victim.sql('update log_sequencer set high_n = (select max(n) from events)')
}

const run = async (source: Parameters<typeof runVerify>[0]['source']) => {
  const lines: string[] = []
  const code = await runVerify({ source, vkey: victim.sequencer.key.text, print: (line) => lines.push(line) })
  return { code, all: lines.join('\n') }
}

describe('AU-4 M2 appending a copy of a genuine event, HMAC and all', () => {
  it('verification of the database names it', async () => {
    await appendCopy()
    expect(await victim.verify()).toMatchObject({
      code: 1,
      first: expect.stringContaining(`First: entry ${total}: It has the id of entry 321. (duplicate_entry)`),
    })
    expect(await victim.verify({ keys: false })).toMatchObject({ code: 1, first: expect.stringContaining('It has the id of entry 321.') })
  })

  it('the sequencer does not sign it, even where the tables are as they should be', async () => {
    await appendCopy()
    await expect(victim.another().drain()).rejects.toThrow(/The event evt_\w+ is in the log more than once/)
    // With another id in the row, the constraint is there again.
    await victim.sql(`update log_entries set event_id = 'evt_other' where log_index = ${total}`)
    await victim.sql('alter table log_entries add constraint log_entries_event_id_key unique (event_id)')
    await expect(victim.another().drain()).rejects.toThrow(
      `Entry ${total} of the log is not to be signed: What queries see of it differs from the event: event_id`,
    )
  })

  it('verification of a folder names it, where it was signed all the same', async () => {
    const out = join(victim.dataDir, 'exported')
    await runExport({ ...victim, out })
    const copied = join(victim.dataDir, 'copied')
    cpSync(out, copied, { recursive: true })
    const lines = readFileSync(join(copied, 'entries.ndjson'), 'utf8').trimEnd().split('\n')
    lines.push(withInstant(lines[321] as string))
    const leaves = lines.map((line) => hashLeaf(sha256, Buffer.from(line)))
    const edge: Edge = { size: 0, levels: [] }
    appendToEdge(sha256, edge, leaves)
    const note = signCheckpoint({ origin, size: lines.length, root: rootOfEdge(sha256, edge) }, logKeyOf(victim.keys, origin).signer)
    writeFileSync(join(copied, 'entries.ndjson'), `${lines.join('\n')}\n`)
    writeFileSync(join(copied, 'leaf-hashes'), Buffer.concat(leaves))
    writeFileSync(join(copied, 'checkpoint'), note)
    const disclosures = readFileSync(join(copied, 'disclosures.ndjson'), 'utf8')
    writeFileSync(join(copied, 'disclosures.ndjson'), `${disclosures}${disclosures.split('\n')[321]}\n`)
    expect((await run({ folder: out })).code).toBe(0)
    const { code, all } = await run({ folder: copied })
    expect(all).toContain(`First: entry ${lines.length - 1}: It has the id of entry 321. (duplicate_entry)`)
    expect(code).toBe(1)
  })

  it.each([
    ['with the same instant: by its hash, for anybody', false, 'It has the hash of entry 321. (duplicate_entry)'],
    ['with another one: by its id, for its tenant', true, `First: entry ${total}: It has the id of entry 321. (duplicate_entry)`],
  ])('verification over the network names it, %s', async (_what, isMoved, named) => {
    await appendCopy()
    if (!isMoved) {
      const sameInstant = `select '"occurred_at":"' || to_char(occurred_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"' from log_entries where log_index = 321`
      await victim.sql(`update events set body = replace(body, '"occurred_at":"${later}"', (${sameInstant})) where body like '%${later}%'`)
      await victim.rebuildTree()
    }
    const rows = (await victim.sql('select size, root from log_sequencer')) as { size: string; root: Buffer }[]
    const { size, root } = rows[0] as { size: string; root: Buffer }
    const note = signCheckpoint({ origin, size: Number(size), root }, logKeyOf(victim.keys, origin).signer)
    const answer = async (url: URL): Promise<Buffer | string | undefined> => {
      if (url.pathname === '/log/checkpoint') return note
      if (url.pathname === '/v1/audit/completeness')
        return JSON.stringify(await proveCompleteness(victim.store, victim.sequencer.key.verifier, `ten_${321 % 7}`))
      if (url.pathname === '/v1/audit') {
        const page = { order: 'asc' as const, limit: 200, cursor: url.searchParams.get('cursor') ?? undefined, proof: true }
        return JSON.stringify(await listTenantEvents(victim.store, `ten_${321 % 7}`, {}, page))
      }
      const { level, index, width } = parseTilePath(url.pathname.slice(5))
      return await readTile(victim.store, level, index, width)
    }
    const server = createServer((request, response) => {
      answer(new URL(request.url ?? '', 'http://x')).then(
        (body) => response.end(body),
        () => response.writeHead(500).end(),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { code, all } = await run({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        ...(isMoved && { apiKey: 'k' }),
      })
      expect(all).toContain(named)
      expect(code).toBe(1)
    } finally {
      server.close()
    }
  })
})
