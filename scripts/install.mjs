// Brings a checkout into a state in which it runs. npm calls this before its scripts, so it is plain JavaScript for the
// machine's own Node and needs no package. It talks on stderr only: stdout belongs to the script that follows.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip as gzipOf } from 'node:zlib'
import { browserHint, findBrowser, findFirefox } from './browser.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (...path) => join(root, ...path)
const say = (sentence) => process.stderr.write(`${sentence}\n`)
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)

const [brotli, gzip] = [promisify(brotliCompress), promisify(gzipOf)]

const fail = (sentence, hint) => {
  say(`\n${sentence}\n${hint}`)
  process.exit(1)
}

const run = (program, args, options = {}) => {
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    ...options,
    env: { ...process.env, ...options.env },
  })
  return error ? (error.code ?? error.message) : status
}

// One at a time ----------------------------------------------------------------------------------------------------

const lockFile = at('.cache', 'install.lock')

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const takeLock = () => {
  mkdirSync(at('.cache'), { recursive: true })
  for (let waits = 0; ; waits++) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' })
      process.on('exit', () => rmSync(lockFile, { force: true }))
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const holder = Number(read(lockFile))
    if (holder && !isAlive(holder)) {
      rmSync(lockFile, { force: true })
      continue
    }
    if (waits === 0) say('Waiting for another installation of this checkout …')
    if (waits > 3_000) fail(`The lock ${lockFile} has been held for ten minutes.`, 'Remove it if nothing is being installed.')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
}

// Packages ---------------------------------------------------------------------------------------------------------

const packagesStamp = at('node_modules', '.countersign')
const hashOf = (...texts) => texts.reduce((hash, text) => hash.update(text).update('\0'), createHash('sha256')).digest('hex')

/** True where what npm last installed here is what the lockfile asks for, whoever ran it. */
const isInstalled = (lockfile) => {
  const list = read(at('node_modules', '.package-lock.json'))
  if (!list) return false
  const installed = JSON.parse(list).packages
  return Object.entries(JSON.parse(lockfile).packages).every(([path, { version, optional, link, peer }]) => {
    if (!path.startsWith('node_modules/') || link) return true
    const found = installed[path]
    return found ? found.version === version : Boolean(optional || peer)
  })
}

const installPackages = () => {
  const lockfile = readFileSync(at('package-lock.json'), 'utf8')
  const wanted = hashOf(lockfile)
  if (read(packagesStamp) === wanted) return
  if (!isInstalled(lockfile)) {
    say('Installing packages (once, about half a minute) …')
    // npm ci deletes node_modules, and with it the Node that may run this: use the one of the machine.
    const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes(`${sep}node_modules${sep}`))
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    const status = run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      env: { PATH: path.join(delimiter) },
      shell: process.platform === 'win32',
    })
    if (status !== 0) fail(`npm ci failed (${status}).`, 'The lines above say why; without network, a filled npm cache is needed.')
  }
  writeFileSync(packagesStamp, wanted)
}

// The console ------------------------------------------------------------------------------------------------------

const listSources = (folder) =>
  readdirSync(at(folder), { withFileTypes: true })
    .filter(({ name }) => !['node_modules', 'dist'].includes(name) && !/\.test\.tsx?$/.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? listSources(join(folder, entry.name)) : [join(folder, entry.name)]))

/** What is sent to browsers is compressed once, here. Fonts are already. */
const compress = async (folder) => {
  // The two best qualities find what the others do not; the best takes twice the time for a hundredth.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_LGWIN]: 22 }
  const names = readdirSync(folder).filter((each) => /\.(?:js|css|svg)$/.test(each))
  await Promise.all(
    names.map(async (name) => {
      const bytes = readFileSync(join(folder, name))
      writeFileSync(join(folder, `${name}.br`), await brotli(bytes, { params }))
      writeFileSync(join(folder, `${name}.gz`), await gzip(bytes, { level: 9 }))
    }),
  )
}

const buildConsole = async () => {
  const sources = ['console', 'contract', 'log'].flatMap(listSources)
  const wanted = hashOf(...[...sources, 'package-lock.json'].flatMap((file) => [file, readFileSync(at(file))]))
  const stamp = at('console', 'dist', '.built')
  if (read(stamp) === wanted) return
  say('Building the console …')
  const vite = join(createRequire(at('console', 'package.json')).resolve('vite/package.json'), '..', 'bin', 'vite.js')
  const node = at('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  // Built beside its place and then exchanged, so that a running console never serves half of it.
  const draft = at('.cache', 'console')
  const status = run(node, [vite, 'build', at('console'), '--outDir', draft, '--emptyOutDir', '--logLevel', 'warn'], {
    cwd: at('console'),
    env: { NODE_ENV: 'production' },
  })
  if (status !== 0) fail(`The console could not be built (${status}).`, 'The lines above say why.')
  // What goes into an evidence pack, so that it can be verified years later.
  const config = at('console', 'evidence', 'vite.config.ts')
  const into = join(draft, 'evidence')
  const verifier = run(node, [vite, 'build', '--config', config, '--outDir', into, '--emptyOutDir', '--logLevel', 'warn'], {
    cwd: at('console'),
    env: { NODE_ENV: 'production' },
  })
  if (verifier !== 0) fail(`The verifier could not be built (${verifier}).`, 'The lines above say why.')
  await compress(join(draft, 'assets'))
  writeFileSync(join(draft, '.built'), wanted)
  rmSync(at('console', 'dist'), { recursive: true, force: true })
  renameSync(draft, at('console', 'dist'))
}

// A browser for the tests ------------------------------------------------------------------------------------------

const isDebianRoot = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
const apt = (...args) =>
  run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Dpkg::Use-Pty=0', ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  })

const installBrowsers = () => {
  if (isDebianRoot() && !(findBrowser() && findFirefox())) {
    say('Installing Chromium and Firefox for the tests (once) …')
    apt('update')
    if (!findBrowser()) apt('install', '-y', '--no-install-recommends', 'chromium', 'fonts-liberation')
    // Debian alone has a package of it that is no snap. Without it, its test is skipped.
    if (!findFirefox()) apt('install', '-y', '--no-install-recommends', 'firefox-esr')
  }
  if (!findBrowser()) say(`There is no Chromium here, so the tests in a browser will fail. ${browserHint}`)
}

const wants = new Set(process.argv.slice(2))
takeLock()
installPackages()
if (wants.has('console')) await buildConsole()
if (wants.has('browser')) installBrowsers()
