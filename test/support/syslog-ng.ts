import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './program.ts'

export type Receiver = { program: string; args: readonly string[]; env: Record<string, string> }

const cache = join(repository, '.cache', 'syslog-ng')
const installed: Receiver = { program: 'syslog-ng', args: [], env: {} }
const unpacked: Receiver = {
  program: join(cache, 'usr/sbin/syslog-ng'),
  args: [`--module-path=${join(cache, 'usr/lib/syslog-ng/3.38')}`],
  env: { LD_LIBRARY_PATH: join(cache, 'usr/lib/syslog-ng') },
}

const runs = ({ program, env }: Receiver): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore', env: { ...process.env, ...env } }).status === 0

/** Debian installs either rsyslog or syslog-ng. The package of the latter is unpacked beside instead, which needs no rights. */
const unpack = () => {
  const draft = `${cache}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  spawnSync('apt-get', ['download', 'syslog-ng-core'], { cwd: draft, stdio: 'ignore', timeout: 120_000 })
  const file = readdirSync(draft).find((name) => name.endsWith('.deb'))
  if (file && spawnSync('dpkg', ['-x', file, 'root'], { cwd: draft, stdio: 'ignore' }).status === 0 && !existsSync(cache))
    renameSync(join(draft, 'root'), cache)
  rmSync(draft, { recursive: true, force: true })
}

/** The syslog-ng of this machine, or an unpacked one. In CI it is fetched. Undefined where there is none. */
export const findSyslogNg = (): Receiver | undefined => {
  if (runs(installed)) return installed
  if (process.env.CI && !runs(unpacked)) unpack()
  return runs(unpacked) ? unpacked : undefined
}
