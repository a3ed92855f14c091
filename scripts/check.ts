// `npm run check`: types, lint and format, and the arrows between rooms, side by side, with one summary at the end.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tool = (name: string) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name)

type Check = { name: string; command: string; args: string[] }
type Outcome = Check & { ok: boolean; said: string; seconds: number }

const projects = ['.', 'console'].filter((folder) => existsSync(join(root, folder, 'tsconfig.json')))
const checks: Check[] = [
  ...projects.map((folder) => ({
    name: folder === '.' ? 'types' : `types ${folder}`,
    command: tool('tsc'),
    args: ['-p', folder, '--noEmit'],
  })),
  { name: 'lint and format', command: tool('biome'), args: ['check', '--error-on-warnings', '--max-diagnostics=50', '.'] },
  { name: 'rooms', command: process.execPath, args: [join('scripts', 'rooms.ts'), '--check'] },
]

const perform = (check: Check): Promise<Outcome> =>
  new Promise((resolve) => {
    const start = performance.now()
    const child = spawn(check.command, check.args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
    let said = ''
    const end = (ok: boolean) => resolve({ ...check, ok, said: said.trim(), seconds: (performance.now() - start) / 1_000 })
    child.stdout.on('data', (text) => {
      said += text
    })
    child.stderr.on('data', (text) => {
      said += text
    })
    child.on('error', (error) => {
      said += error.message
      end(false)
    })
    child.on('close', (code) => end(code === 0))
  })

const outcomes = await Promise.all(checks.map(perform))
for (const { name, ok, said } of outcomes) if (!ok) console.log(`\n── ${name} ──\n${said}\n`)
for (const { name, ok, seconds } of outcomes) console.log(`${name.padEnd(16)} ${ok ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1)} s`)
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1
