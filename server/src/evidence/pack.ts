import { randomUUID } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { ZipFile } from 'yazl'
import type { OperatorPrincipal } from '../access/principal.ts'
import { openArchive } from '../archive/open.ts'
import { awaitCaughtUp } from '../audit/caught-up.ts'
import { Trouble } from '../errors.ts'
import { askOperatorExport } from '../exports/ask.ts'
import { readExport } from '../exports/download.ts'
import { type PrepareNeeds, prepareExport } from '../exports/prepare.ts'
import { findExport } from '../exports/row.ts'
import { gather } from './gather.ts'
import { formatSummary } from './summary.ts'

/** How long the running program may take to sign a checkpoint that has the pack's own event. */
const sealMs = 15_000

export type EvidenceOptions = PrepareNeeds & {
  principal: OperatorPrincipal
  /** Instants, inclusive and exclusive. */
  from: string
  to: string
  tenant_id: string | undefined
  /** File to make. */
  out: string
  print: (line: string) => void
}

const verifierPath = fileURLToPath(new URL('../../../console/dist/evidence/verify.mjs', import.meta.url))

const readVerifier = async (): Promise<string> => {
  try {
    return await readFile(verifierPath, 'utf8')
  } catch (cause) {
    throw new Trouble(
      'The verifier for the pack is not built.',
      'Run `npm start` once, which builds it, or `npm run build -w console`.',
      cause as Error,
    )
  }
}

/** An export like any other, by the operator: asked for, prepared and sealed on the record. Written into a file. */
const exportInto = async (options: EvidenceOptions, path: string) => {
  const { store, tenant_id, from, to } = options
  const id = await askOperatorExport(options, { from, to, ...(tenant_id === undefined ? {} : { tenant_id }) })
  const holder = randomUUID()
  await store.db.updateTable('exports').set({ claim: holder }).where('id', '=', id).execute()
  const row = await findExport(store.db, id)
  if (!row) throw new Error(`the export ${id} was not stored`)
  try {
    await prepareExport(options, row, holder, AbortSignal.timeout(sealMs + Number(row.size)))
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') throw error
    throw new Trouble(
      'No checkpoint that covers this export was signed.',
      'Start the program, and run the command again: it signs once a second.',
      error as Error,
    )
  }
  const ready = await findExport(store.db, id)
  if (!ready) throw new Error(`the export ${id} is gone`)
  await pipeline(Readable.from(readExport({ store, turn: (work) => work() }, ready)), createWriteStream(path, { mode: 0o600 }))
  return ready
}

const zipInto = async (
  path: string,
  folder: string,
  files: readonly string[],
  archive: Awaited<ReturnType<typeof openArchive>>,
): Promise<void> => {
  const zip = new ZipFile()
  const mode = { mode: 0o100644 }
  for (const name of files) zip.addFile(join(folder, name), name, mode)
  for (const name of archive.names) zip.addReadStreamLazy(`log/${name}`, mode, (give) => give(null, Readable.from(archive.read(name))))
  zip.end()
  await pipeline(zip.outputStream, createWriteStream(path, { mode: 0o600 }))
}

/**
 * One file for an auditor: all events of a time, with their proof, the approvals with their signatures, the denials, a receipt of each
 * session, a page to read, and the verifier. That it was made is on the record.
 */
export const packEvidence = async (options: EvidenceOptions): Promise<void> => {
  const { store, seal, from, to, tenant_id, print } = options
  const target = resolve(options.out)
  if (existsSync(target)) throw new Trouble(`${target} already exists.`, 'Name a file that does not exist; nothing is ever overwritten.')
  const verifier = await readVerifier()
  if (!(await awaitCaughtUp(store, AbortSignal.timeout(sealMs)).catch(() => false)))
    throw new Trouble('The log is behind: not everything that happened is in it yet.', 'Start the program, and run the command again.')
  const folder = await mkdtemp(join(dirname(target), '.evidence-')).catch((cause) => {
    throw new Trouble(`${dirname(target)} cannot be written to.`, 'Name a file in a folder that exists.', cause)
  })
  try {
    const exported = join(folder, 'export.zip')
    const { size } = await exportInto(options, exported)
    const archive = await openArchive(exported)
    const found = await gather({ store, origin: seal.origin, folder }, archive)
    const facts = {
      ...found,
      of: tenant_id === undefined ? 'Of all tenants' : `Of the tenant ${tenant_id}`,
      span: `${from} to ${to}`,
      isOfTenant: tenant_id !== undefined,
      ...{ origin: seal.origin, fingerprint: seal.fingerprint, size: Number(size) },
    }
    await writeFile(join(folder, 'verify.mjs'), verifier)
    await writeFile(join(folder, 'summary.html'), formatSummary(facts, verifier))
    const draft = join(folder, 'evidence.zip')
    await zipInto(draft, folder, ['summary.html', 'approvals.json', 'denials.json', 'sessions.json', 'verify.mjs'], archive)
    await rename(draft, target)
    print(
      `${found.events} events, ${found.approvals.count} approvals, ${found.denials.count} denials and ${found.sessions.length} sessions are in ${target}`,
    )
    print(`Key ${seal.fingerprint}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
