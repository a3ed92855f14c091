// Makes the one package that runs by `npx`: the sources without their types, each in its own folder, and the console as built.
// Node strips no types below node_modules, so it is done here, by Node's own stripper: every statement stays on its line.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Where code is: its tests stay behind. */
const code = ['contract', 'log', 'server/src', 'examples/acme/src']
const beside = ['console/dist', 'examples/acme/assets', 'examples/acme/countersign.config.yaml', 'docs', 'deploy']
const pages = ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'ARCHITECTURE.md', 'GLOSSARY.md']
const isLeftOut = (path: string): boolean =>
  /(?:\.test\.ts|\.vectors\.ts|\.d\.ts|package\.json|\.built)$|[/\\](?:node_modules|images)(?:[/\\]|$)/.test(path)

type Manifest = {
  version: string
  license: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}
const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))

/** What the parts depend on, together; of one package they must want one version. */
const dependenciesOf = (folders: string[]): Record<string, string> => {
  const all = new Map<string, string>()
  for (const [name, version] of folders.flatMap((folder) => Object.entries(manifestOf(folder).dependencies ?? {}))) {
    if (name.startsWith('@countersign/')) continue
    if ((all.get(name) ?? version) !== version) throw new Error(`${name} is wanted as ${all.get(name)} and as ${version}`)
    all.set(name, version)
  }
  return Object.fromEntries([...all].sort(([a], [b]) => a.localeCompare(b)))
}

const specifier = /(\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\bnew URL\(\s*)(['"])([^'"\n]+\.ts)\2/g

/** The same module as JavaScript: what it imports is named as it lies in the package. */
const build = (path: string): string =>
  stripTypeScriptTypes(readFileSync(join(root, path), 'utf8')).replace(specifier, (_whole, before: string, quote: string, name: string) => {
    const own = /^@countersign\/(contract|log)\/(.+)$/.exec(name)
    const target = own
      ? relative(dirname(path), join(own[1] as string, own[2] as string))
          .split(sep)
          .join('/')
      : name
    return `${before}${quote}${(target.startsWith('.') ? target : `./${target}`).replace(/\.ts$/, '.js')}${quote}`
  })

/** Lays the package out in a folder, which is made anew. */
export const layOut = (folder: string): void => {
  if (!existsSync(join(root, 'console/dist/index.html'))) throw new Error('The console is not built: `npm run package` builds it first.')
  rmSync(folder, { recursive: true, force: true })
  for (const room of code) {
    for (const entry of readdirSync(join(root, room), { recursive: true, withFileTypes: true })) {
      const path = relative(root, join(entry.parentPath, entry.name))
      if (!entry.isFile() || isLeftOut(path)) continue
      const place = join(folder, path.replace(/\.ts$/, '.js'))
      mkdirSync(dirname(place), { recursive: true })
      if (path.endsWith('.ts')) writeFileSync(place, build(path))
      else cpSync(join(root, path), place)
    }
  }
  for (const path of [...beside, ...pages]) {
    if (existsSync(join(root, path))) cpSync(join(root, path), join(folder, path), { recursive: true, filter: (from) => !isLeftOut(from) })
  }
  const { version, license, optionalDependencies } = manifestOf('server')
  const manifest = {
    name: 'countersign',
    version,
    description: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).description,
    license,
    type: 'module',
    bin: { countersign: 'server/src/main.js' },
    engines: { node: '>=24' },
    dependencies: dependenciesOf(['contract', 'log', 'server', 'examples/acme']),
    optionalDependencies,
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const folder = join(root, '.cache', 'package')
  layOut(folder)
  const to = resolve(process.argv[2] ?? '.')
  mkdirSync(to, { recursive: true })
  const { status, stdout } = spawnSync('npm', ['pack', '--silent', '--pack-destination', to], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) process.exit(status ?? 1)
  process.stdout.write(`${join(to, stdout.trim())}\n`)
}
