import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { layOut } from '../../scripts/pack.ts'
import { onlyLong } from '../support/long.ts'
import { repository } from '../support/program.ts'

// Inside the checkout, where the packages that it needs are found.
const folder = join(repository, '.cache', `package-${process.pid}`)
const elsewhere = mkdtempSync(join(tmpdir(), 'countersign-pack-'))
chmodSync(elsewhere, 0o711)
beforeAll(() => layOut(folder))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
  rmSync(elsewhere, { recursive: true, force: true })
})

const files = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
const modules = () => files().filter((path) => path.endsWith('.js') && !path.includes('/console/dist/') && !path.includes('/assets/'))
const importsOf = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/(?:^(?:import|export)\b[^'"\n]*\bfrom |^import |\bimport\(|^\} from )['"]([^'"]+)['"]/gm)].map(
    ([, name = '']) => name,
  )

it('the package has no types and no tests, and every module of its own that is imported', () => {
  expect(modules().length).toBeGreaterThan(300)
  expect(files().filter((path) => /\.tsx?$|\.test\./.test(path))).toEqual([])
  const missing = modules().flatMap((path) =>
    importsOf(path)
      .filter((name) => name.startsWith('.') && !existsSync(join(dirname(path), name)))
      .map((name) => [path, name]),
  )
  expect(missing).toEqual([])
  expect(modules().filter((path) => /@countersign\/|new URL\('[^']*\.ts'/.test(readFileSync(path, 'utf8')))).toEqual([])
  for (const path of [
    'console/dist/index.html',
    'console/dist/evidence/verify.mjs',
    'server/src/store/log-shape.txt',
    'README.md',
    'LICENSE',
  ])
    expect(existsSync(join(folder, path)), path).toBe(true)
})

it('the package declares what it imports, and nothing else', () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const declared = new Set([...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies)])
  const imported = new Set(
    modules()
      .flatMap(importsOf)
      .filter((name) => !name.startsWith('.') && !name.startsWith('node:') && !builtinModules.includes(name))
      .map((name) =>
        name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
  )
  expect([...imported].filter((name) => !declared.has(name))).toEqual([])
  expect(manifest).toMatchObject({ name: 'countersign', bin: { countersign: 'server/src/main.js' }, engines: { node: '>=24' } })
})

it('the package runs its commands', () => {
  const main = join(folder, 'server/src/main.js')
  expect(spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' }).stdout.trim()).toBe('0.1.0')
  const shown = spawnSync(process.execPath, [main, 'policy', 'show'], {
    encoding: 'utf8',
    env: { ...process.env, COUNTERSIGN_DATA_DIR: elsewhere },
  })
  expect([shown.status, shown.stdout]).toEqual([0, expect.stringContaining('impersonate')])
})

it('in an empty folder, from the tarball, `npx countersign start` opens its doors and ends when it is told to', async (context) => {
  onlyLong(context, 'it installs what the package depends on')
  const environment = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    npm_config_cache: process.env.npm_config_cache,
  }
  const run = (program: string, args: string[], cwd = elsewhere): string => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', env: environment })
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }
  const tarball = run('npm', ['pack', '--silent', '--pack-destination', elsewhere], folder)
  run('npm', ['init', '-y'])
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(elsewhere, tarball)])
  const dataDir = join(elsewhere, 'data')
  const child = spawn('npx', ['countersign', 'start', '--log', 'stdout'], {
    cwd: elsewhere,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...environment,
      ...{
        COUNTERSIGN_PORT: '0',
        COUNTERSIGN_GATEWAY_PORT: '0',
        COUNTERSIGN_EXAMPLE_PORT: '0',
        COUNTERSIGN_DATA_DIR: dataDir,
        DATABASE_URL: '',
      },
      ACME_MADE_UP: '0',
    },
  })
  const lines: Record<string, unknown>[] = []
  const ended = once(child, 'exit')
  const started = Promise.withResolvers<Record<string, unknown>>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Record<string, unknown>
    lines.push(said)
    if (said.msg === 'started' && 'console' in said) started.resolve(said)
  })
  const { console: consoleUrl } = await Promise.race([
    started.promise,
    ended.then(() => {
      throw new Error(`it ended: ${JSON.stringify(lines.at(-1))}`)
    }),
  ])
  const page = await (await fetch(String(consoleUrl))).text()
  const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec(page) ?? []
  expect((await fetch(new URL(script, String(consoleUrl)))).status).toBe(200)
  expect((await fetch(new URL('/readyz', String(consoleUrl)))).status).toBe(200)
  expect(existsSync(join(dataDir, 'countersign.log'))).toBe(false)
  const pid = Number(readFileSync(join(dataDir, 'instance.pid'), 'utf8').trim().split(/\s/)[0])
  process.kill(pid, 'SIGTERM')
  expect((await ended)[0]).toBe(0)
  expect(existsSync(join(dataDir, 'instance.json'))).toBe(false)
})
