import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pickPort } from '../../server/src/ports.ts'
import { eventOf, numbers } from '../audit/rig.ts'
import { hostileTexts } from '../support/arbitrary-event.ts'
import { newSelfSigned } from '../support/certificate.ts'
import { findSyslogNg, type Receiver } from '../support/syslog-ng.ts'
import { until } from '../support/until.ts'
import { newRig, type Rig } from './rig.ts'

type Daemon = {
  name: string
  /** Undefined where it is not installed. */
  find(): Receiver | undefined
  config(at: { folder: string; port: number }): string
  args(config: string, folder: string): string[]
}

const daemons: Daemon[] = [
  {
    name: 'rsyslogd',
    find: () => (spawnSync('rsyslogd', ['-v']).status === 0 ? { program: 'rsyslogd', args: [], env: {} } : undefined),
    config: ({ folder, port }) => `
global(maxMessageSize="64k" workDirectory="${folder}" DefaultNetstreamDriverCAFile="${folder}/cert.pem"
  DefaultNetstreamDriverCertFile="${folder}/cert.pem" DefaultNetstreamDriverKeyFile="${folder}/key.pem")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
template(name="line" type="string" string="%structured-data% %msg%\\n")
ruleset(name="all") { action(type="omfile" file="${folder}/out.log" template="line") }
input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="all")
`,
    args: (config, folder) => ['-n', '-f', config, '-i', `${folder}/pid`],
  },
  {
    name: 'syslog-ng',
    find: findSyslogNg,
    config: ({ folder, port }) => `@version: 3.38
options { log-msg-size(65536); };
source s { syslog(ip("127.0.0.1") port(${port}) transport("tls")
  tls(key-file("${folder}/key.pem") cert-file("${folder}/cert.pem") peer-verify(optional-untrusted))); };
destination d { file("${folder}/out.log" template("[countersign@32473 index=\\"\${.SDATA.countersign@32473.index}\\"] \${MSG}\\n") template-escape(no)); };
log { source(s); destination(d); };
`,
    args: (config, folder) => ['-F', '-f', config, '-p', `${folder}/pid`, '-c', `${folder}/control`, '-R', `${folder}/persist`],
  },
]

let rig: Rig
let running: ChildProcess | undefined
beforeEach(async () => {
  rig = await newRig()
})
afterEach(async () => {
  if (running?.exitCode === null) {
    running.kill()
    await once(running, 'exit')
  }
  running = undefined
  await rig.close()
})

const start = async (daemon: Daemon, { program, args, env }: Receiver) => {
  const folder = join(rig.dataDir, 'daemon')
  mkdirSync(folder)
  const { key, cert } = newSelfSigned('localhost')
  writeFileSync(join(folder, 'key.pem'), key)
  writeFileSync(join(folder, 'cert.pem'), cert)
  const port = await pickPort('127.0.0.1', 0)
  const config = join(folder, 'daemon.conf')
  writeFileSync(config, daemon.config({ folder, port }))
  running = spawn(program, [...args, ...daemon.args(config, folder)], { stdio: 'ignore', env: { ...process.env, ...env } })
  await until(async () => {
    const socket = connect(port, '127.0.0.1')
    return await new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false))).finally(
      () => socket.destroy(),
    )
  })
  const file = join(folder, 'out.log')
  return { port, lines: () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []) }
}

const indexOf = (line: string): number => Number(/index="(\d+)"/.exec(line)?.[1])
const textOf = (line: string): string =>
  line
    .slice(line.indexOf('] ') + 2)
    .replace(/^\ufeff/, '')
    .trim()

describe.each(daemons)('$name over TLS', (daemon) => {
  it('M17 one event in is one record out, whatever stands in it', async ({ skip }) => {
    const found = daemon.find()
    if (!found) return skip(`${daemon.name} is not installed`)
    const { port, lines } = await start(daemon, found)
    await rig.record(...hostileTexts.map((label, n) => eventOf(n, { target: { kind: 'tenant', id: 'ten_0', label } })))
    await rig.fill(500, hostileTexts.length)
    rig.declare('to', { type: 'syslog', host: 'localhost', port, format: 'countersign', ca_file: 'daemon/cert.pem' })
    rig.deliver('to')
    await rig.upToDate('to')
    const total = hostileTexts.length + 500
    await until(() => lines().length >= total)
    expect(lines().map(indexOf)).toEqual(numbers(total))
    const labels = lines()
      .slice(0, hostileTexts.length)
      .map((line) => (JSON.parse(textOf(line)) as { target: { label: string } }).target.label)
    expect(labels).toEqual(hostileTexts)
  })
})
