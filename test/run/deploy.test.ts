import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { repository } from '../support/program.ts'

const read = (name: string): string => readFileSync(join(repository, 'deploy', name), 'utf8')
const unit = read('countersign.service')
const container = read('Containerfile')
const settings = new Map(
  unit.split('\n').flatMap((line) => (/^\w+=/.test(line) ? [line.split(/=(.*)/s).slice(0, 2) as [string, string]] : [])),
)

it('systemd takes the unit, and finds little that it exposes', ({ skip }) => {
  const analyze = (...args: string[]) =>
    spawnSync('systemd-analyze', [...args, join(repository, 'deploy/countersign.service')], { encoding: 'utf8' })
  skip(analyze('--version').error !== undefined, 'systemd-analyze is not here')
  const { status, stderr } = analyze('verify', '--man=no')
  // Where Node is elsewhere, that is all that it may find.
  expect(stderr.split('\n').filter((line) => line !== '' && !line.includes('/usr/bin/node is not executable'))).toEqual([])
  if (stderr === '') expect(status).toBe(0)
  const [, level = '10'] = /exposure level for \S+: ([\d.]+)/.exec(analyze('security', '--offline=true', '--no-pager').stdout) ?? []
  expect(Number(level)).toBeLessThan(3)
})

it('unit and container run the file that the package has, not as root, with time to end, and log to standard output', () => {
  const main = '/opt/countersign/node_modules/countersign/server/src/main.js'
  expect(existsSync(join(repository, 'server/src/main.ts'))).toBe(true)
  expect(settings.get('ExecStart')).toMatch(new RegExp(`^/usr/bin/node .*${main} --config \\S+ start --log stdout$`))
  expect(settings.get('User')).toBe('countersign')
  expect(Number(settings.get('TimeoutStopSec'))).toBeGreaterThan(30)
  expect(container).toContain(`"${main}"`)
  expect(container).toMatch(/^USER 10001:10001$/m)
  expect(container).toMatch(/COUNTERSIGN_LOG=stdout/)
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  const flags = /node ((?:--\S+ )+)server/.exec(scripts.start)?.[1]?.trim().split(' ') ?? []
  for (const flag of flags) {
    expect(settings.get('ExecStart')).toContain(flag)
    expect(container).toContain(`"${flag}"`)
  }
})
