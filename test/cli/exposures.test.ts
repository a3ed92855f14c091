import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { findExposures } from '../../server/src/exposures.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-exposures-'))
const secret = join(folder, 'postgres.secret')
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  chmodSync(folder, 0o700)
  writeFileSync(secret, 'secret')
  chmodSync(secret, 0o600)
})

const look = (environment: NodeJS.ProcessEnv = {}, execArgv: string[] = []) =>
  findExposures({ config: { data_dir: folder }, environment, execArgv })

describe('a start', () => {
  it('says nothing where nothing is open, nor where others may only pass through', () => {
    expect(look()).toEqual([])
    chmodSync(folder, 0o711)
    expect(look({ NODE_OPTIONS: '--max-old-space-size=4096' }, ['--min-semi-space-size=16'])).toEqual([])
  })

  it.each([0o604, 0o640, 0o660, 0o666])("refuses a database's password of mode %o", (mode) => {
    chmodSync(secret, mode)
    expect(look).toThrow(`${secret} can be read by others on this host (mode 0${mode.toString(8)})`)
  })

  it.each([0o770, 0o777, 0o722])('refuses a data folder of mode %o', (mode) => {
    chmodSync(folder, mode)
    expect(look).toThrow(`Others on this host can write to the data folder ${folder}`)
  })

  it('warns of a data folder that can be read', () => {
    chmodSync(folder, 0o755)
    expect(look()).toEqual([expect.stringContaining('can be read by others on this host (mode 0755)')])
  })

  it('refuses certificates that nobody checks', () => {
    expect(() => look({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow('NODE_TLS_REJECT_UNAUTHORIZED=0')
    expect(look({ NODE_TLS_REJECT_UNAUTHORIZED: '1' })).toEqual([])
  })

  it.each([
    [{}, ['--inspect=0.0.0.0:9229']],
    [{}, ['--inspect-brk']],
    [{ NODE_OPTIONS: '--no-warnings --inspect' }, []],
  ])('warns of a debugger: %j %j', (environment, execArgv) => {
    expect(look(environment, execArgv)).toEqual([expect.stringMatching(/^--inspect.* run code in this program/)])
  })
})
