// `npm run bench -- <name> [--json]` runs bench/<name>.ts; without a name it lists them. A bench exports `about`, one
// sentence, and `run`, which answers its figures.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Bench = { about: string; run(args: string[]): Promise<Record<string, unknown>> }

const here = fileURLToPath(new URL('.', import.meta.url))
const names = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== 'run.ts')
  .map((entry) => entry.name.slice(0, -3))
  .sort()
const load = (name: string): Promise<Bench> => import(`./${name}.ts`)

const args = process.argv.slice(2)
const json = args.includes('--json')
const [name, ...rest] = args.filter((argument) => argument !== '--json')

if (name === undefined) {
  console.log('npm run bench -- <name> [--json]\n')
  for (const each of names) console.log(`  ${each.padEnd(12)} ${(await load(each)).about}`)
} else if (!names.includes(name)) {
  console.error(`There is no bench ${name}. There is: ${names.join(', ') || 'none yet'}.`)
  process.exitCode = 1
} else {
  const figures = await (await load(name)).run(rest)
  if (json) console.log(JSON.stringify(figures))
  else
    for (const [key, value] of Object.entries(figures))
      console.log(`${key.padEnd(24)} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
}
