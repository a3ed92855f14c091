import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCli } from '../../server/src/cli/index.ts'
import { Trouble } from '../../server/src/errors.ts'
import { start } from '../../server/src/start.ts'
import { product } from '../policy/rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-cli-policy-'))
const config = join(folder, 'countersign.config.yaml')
const write = (text: string) => writeFileSync(config, `${product}\n${text}`)
const rules = 'policy: { folder: rules }'

beforeAll(() => {
  mkdirSync(join(folder, 'rules'))
  vi.stubEnv('COUNTERSIGN_DATA_DIR', join(folder, 'data'))
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

const run = async (...args: string[]) => {
  const said = { out: '', err: '' }
  const listen = (stream: NodeJS.WriteStream, to: 'out' | 'err') =>
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said[to] += String(text)
      return true
    })
  listen(process.stdout, 'out')
  listen(process.stderr, 'err')
  const code = await runCli(['--config', config, 'policy', ...args], { start: () => Promise.reject(new Error('not started here')) })
  vi.restoreAllMocks()
  return { code, ...said }
}

describe('countersign policy', () => {
  it('check says that a policy holds, from what it is made and its hash', async () => {
    write(rules)
    writeFileSync(join(folder, 'rules/night.cedar'), '@gate("night") @note("at night") forbid (principal, action, resource);')
    const { code, out } = await run('check')
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^The policy is valid.\n {2}6 rules .*\n {2}1 rule of night.cedar\n {2}sha256 [0-9a-f]{64}\n$/),
    ])
  })

  it('check says where a policy is wrong, and start begins nothing with it', async () => {
    write(rules)
    writeFileSync(
      join(folder, 'rules/night.cedar'),
      '\n@gate("night") @note("at night")\nforbid (principal, action == Action::"suspend", resource);',
    )
    const where = 'night.cedar:3: unrecognized action `Action::"suspend"`'
    const { code, err } = await run('check')
    expect([code, err]).toEqual([1, expect.stringContaining(where)])
    const began: string[] = []
    const starting = start({ file: config, environment: process.env, told: new AbortController().signal, say: (line) => began.push(line) })
    await expect(starting).rejects.toThrow(Trouble)
    await expect(starting).rejects.toThrow(where)
    expect(began).toEqual([])
  })

  it('show prints the table as the console shows it, and the text that the hash is of', async () => {
    write('policy: { preset: strict }')
    const { out } = await run('show')
    expect(out).toMatch(/^suspend_account +user +ticket \+ manager approval +high +support_admin, super_admin/m)
    expect(out).toMatch(/^impersonate +user +reason \+ ticket · 15 min +high/m)
    const [, text = '', hash] = /\n\n(entity [\s\S]*)\n\/\/ sha256 ([0-9a-f]+)\n$/.exec(out) ?? []
    expect(createHash('sha256').update(text).digest('hex')).toBe(hash)
    const { out: json } = await run('show', '--json')
    expect(JSON.parse(json)).toMatchObject({ hash, text })
  })

  it('explain lists what an action requires of somebody, met or not', async () => {
    write('')
    const { code, out } = await run('explain', 'suspend_account', '--role', 'support_admin', '--reason', 'Her laptop was stolen')
    expect([code, out]).toEqual([
      0,
      'suspend_account: requires manager approval; risk high\n  met    role\n  UNMET  approval: manager missing\n  met    reason\n  refused\n',
    ])
    const approved = ['--reason', 'Her laptop was stolen', '--approved-by', 'support_manager']
    expect((await run('explain', 'suspend_account', ...approved)).out).toMatch(/\n {2}allowed\n$/)
    const { out: json } = await run('explain', 'force_logout', '--role', 'auditor', '--json')
    expect(JSON.parse(json)).toMatchObject({
      allowed: false,
      requirements: [
        { gate: 'role', met: false },
        { gate: 'reason', met: false },
      ],
    })
  })

  it('explain names the nearest known word', async () => {
    write('')
    expect((await run('explain', 'suspend_acount')).err).toMatch(/no action suspend_acount[^\n]*\n.*Did you mean suspend_account\?/)
    expect((await run('explain', 'suspend_account', '--role', 'suport_manager')).err).toMatch(
      /no role suport_manager[^\n]*\n.*support_manager\?/,
    )
  })
})
