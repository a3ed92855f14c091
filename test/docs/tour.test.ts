import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signIn } from '../support/browser.ts'
import { newFolder } from '../support/embedded.ts'
import { type Program, repository, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'

/** The commands of the tour, in their order. */
const commands = [...readFileSync(join(repository, 'README.md'), 'utf8').matchAll(/^(?:\$ (.*)|(export TOKEN=.*))$/gm)].map(
  ([, typed, token]) => (typed ?? token) as string,
)

/** What each of them is followed by. */
const answers = [
  '',
  /^\{"items":\[\{"id":"att_/,
  /"code":"scope_missing".*"scope":"attestations:write"/,
  /"code":"scope_missing".*"scope":"notifications:write"/,
  /"code":"sink_blocked"/,
  /^cs_live_\w+$/,
  /^\{"items":\[\{"v":1,"id":"evt_\w+".*"action":"SUPPORT_SESSION\.REQUEST\.REFUSED"/,
  '',
  /^The log \S+ verifies\.\n {2}size {8}\d+\n/,
  /./,
  '',
  /^The log \S+ does NOT verify\. First: entry 1: .*\(entry_mismatch\)/,
]

const dataDir = newFolder()
const folder = mkdtempSync(join(tmpdir(), 'countersign-tour-'))
let program: Program
let token: string
beforeAll(async () => {
  program = await startProgram(dataDir.path)
  const visitor = await signIn(program.console, 'rob')
  await until(async () => (await visitor.get('/api/tenants/ten_globex')).status === 200, 60)
  const answer = await visitor.send('POST', '/api/sessions', { tenant_id: 'ten_globex', reason: 'Looks at what Globex reported' })
  token = ((await answer.json()) as { token: string }).token
}, 180_000)
afterAll(async () => {
  await program?.stop()
  dataDir.remove()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

const mark = '== next =='

/** A person's shell: it is interactive, which decides what it takes for a comment. */
const shells: Record<string, string[]> = { bash: ['--norc', '--noprofile', '-i'], zsh: ['-f', '-i'] }

/** Types the lines into a second terminal, and answers what came of each. */
const type = async (shell: string, lines: readonly string[]): Promise<string[]> => {
  const child = spawn(shell, shells[shell] as string[], {
    cwd: repository,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, COUNTERSIGN_DATA_DIR: dataDir.path, DATABASE_URL: '', PS1: '' },
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk
  })
  child.stdin.end(`${lines.map((line) => `${line}\necho; echo '${mark}'\n`).join('')}exit\n`)
  await once(child, 'close')
  return said.split(mark).map((part) => part.trim())
}

describe('the tour of the README', () => {
  it.for(Object.keys(shells))(
    'passes in %s, with other ports and another data folder, from a second terminal',
    { timeout: 180_000 },
    async (shell, { skip }) => {
      skip(spawnSync(shell, ['--version']).error !== undefined, `there is no ${shell} here`)
      // What a person puts in the place of what the page shows: their ports, token and key.
      const own = (line: string) =>
        line
          .replace('http://localhost:4000', program.console)
          .replace('http://localhost:4001', program.gateway)
          .replace(/TOKEN=\S+/, `TOKEN=${token}`)
          .replace('cs_live_Qf2x…', `'"$KEY"'`)
          .replace(/keys create .*/, (command) => `${command} | tee ${join(folder, 'key')}; KEY=$(cat ${join(folder, 'key')})`)
          .replaceAll('monday.txt', join(folder, `${shell}.txt`))
          .replaceAll(/globex-log(?=\/|$)/g, join(folder, `${shell}-log`))
      const said = await type(shell, commands.map(own))
      expect(commands).toHaveLength(answers.length)
      for (const [n, answer] of answers.entries()) {
        expect([commands[n], said[n]]).toEqual([commands[n], answer === '' ? '' : expect.stringMatching(answer)])
      }
    },
  )
})
