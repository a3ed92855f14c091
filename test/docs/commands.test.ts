import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'ARCHITECTURE.md', 'examples/acme/README.md'],
  ...readdirSync(new URL('docs/', root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const textOf = (page: string): string => readFileSync(new URL(page, root), 'utf8')

type Block = { page: string; language: string; text: string }
const blocks: Block[] = pages.flatMap((page) =>
  [...textOf(page).matchAll(/^```(\w*)\n(.*?)^```/gms)].map(([, language = '', text = '']) => ({ page, language, text })),
)

const typed =
  /^(?:\$ |# |(?:[A-Z_]+=\S* )?(?:sudo )?(?:countersign|curl|export|git|node|npm|npx|psql|sed|podman|docker|systemctl|install|cp|mkdir|tar|unshare|chroot|useradd|journalctl|openssl|cat|printf|echo|date) )/

/** Lines of shell that a page has people type: all of a block that is shell, and of another what begins as a command. */
const commandsOf = ({ language, text }: Block): string[] => {
  const lines = text.replaceAll('\\\n', ' ').split('\n')
  if (['sh', 'bash'].includes(language)) return lines.filter((line) => line.trim() !== '')
  return language === '' || language === 'console' ? lines.filter((line) => typed.test(line)) : []
}
const commands = blocks.flatMap((block) => commandsOf(block).map((command) => [block.page, command] as const))

/** What the shell reads itself. */
const unquoted = (command: string): string => command.replace(/^[$#] /, '').replace(/'[^']*'|"(?:[^"\\]|\\.)*"/g, '')
const having = (pattern: RegExp, of: (command: string) => string = unquoted) => commands.filter(([, command]) => pattern.test(of(command)))

it('documented commands mean the same in bash and zsh: no pattern that zsh would look for, no comment that it would not know', () => {
  expect(commands.length).toBeGreaterThan(25)
  expect(having(/[?*[\]^]|(?:^|\s)[#=~]|(?:^|\s)!|\{\w+,|<\w+>/)).toEqual([])
})

it('documented commands need no GNU tools: macOS has others by the same names', () => {
  expect(having(/\bsed\s+(?:-\w*\s+)*-i(?:\s|$)|\bsed\b.*\s-r\b/)).toEqual([])
  expect(
    having(
      /(?<![-\w])(?:date\s+(?:-d|--)|grep\s+-\w*P|readlink\s+-f|sha256sum|xargs\s+-r|stat\s+-c|base64\s+-w|mktemp\s+--|cp\s+--|timeout\s+\d|tac\s)/,
    ),
  ).toEqual([])
})

it('documented commands are scripts and commands that there are', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
  const named = commands.flatMap(([page, command]) =>
    [...unquoted(command).matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)].map(([, name = '']) => [page, name]),
  )
  expect(named.filter(([, name]) => scripts[name as string] === undefined)).toEqual([])
  const cli = textOf('server/src/cli/index.ts')
  const verbs = commands.flatMap(([page, command]) =>
    [...unquoted(command).matchAll(/(?:\bcountersign(?: --)?|^npx countersign) ([a-z][a-z-]+)/g)].map(([, verb = '']) => [page, verb]),
  )
  expect(verbs.length).toBeGreaterThan(5)
  expect(verbs.filter(([, verb]) => !cli.includes(`.command('${verb}')`))).toEqual([])
})

it('code that needs a package says so on its page', () => {
  const wanted = blocks
    .filter(({ language }) => ['ts', 'js'].includes(language))
    .flatMap(({ page, text }) => [...text.matchAll(/from '([^.'][^']*)'/g)].map(([, name = '']) => [page, name] as const))
    .filter(([, name]) => !name.startsWith('node:') && !builtinModules.includes(name))
  expect(wanted.length).toBeGreaterThan(1)
  expect(wanted.filter(([page, name]) => !textOf(page).includes(`npm i ${name}`))).toEqual([])
})

it('ids of people and tenants in commands are those that the example has', () => {
  const seeds = ['people', 'tenants', 'story', 'known']
    .map((name) => `examples/acme/src/seed/${name}.ts`)
    .filter((path) => existsSync(new URL(path, root)))
    .map(textOf)
    .join('\n')
  const isKnown = (id: string): boolean => {
    const [, kind = '', name = ''] = /^(ten|usr)_(\w+)$/.exec(id) ?? []
    return kind === 'ten' ? seeds.includes(name) : name.split('_').every((part) => seeds.toLowerCase().includes(part))
  }
  // What stands at a product of one's own is nobody's here.
  const ids = commands
    .filter(([, command]) => !command.includes('product.internal'))
    .flatMap(([page, command]) => [...command.matchAll(/\b(?:ten|usr)_[a-z_]+\b/g)].map(([id]) => [page, id] as const))
  expect(ids.length).toBeGreaterThan(3)
  expect(ids.filter(([, id]) => !isKnown(id))).toEqual([])
})
