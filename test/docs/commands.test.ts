import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'ARCHITECTURE.md', 'examples/acme/README.md'],
  ...readdirSync(new URL('docs/', root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** Lines of shell that a page has people type. */
const commandsOf = (page: string): string[] =>
  [...readFileSync(new URL(page, root), 'utf8').matchAll(/^```(?:sh|bash)?\n(.*?)^```/gms)]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .filter((line) => /^(?:\$ |# |(?:countersign|curl|export|git|node|npm|npx|psql|sed) )/.test(line))

/** What the shell reads itself. */
const unquoted = (command: string): string => command.replace(/'[^']*'|"(?:[^"\\]|\\.)*"/g, '')

it('documented commands mean the same in bash and zsh: no pattern that zsh would look for, no comment that it would not know', () => {
  const commands = pages.flatMap((page) => commandsOf(page).map((command) => [page, command] as const))
  expect(commands.length).toBeGreaterThan(20)
  expect(commands.filter(([, command]) => /[?*[\]^]|(?:^|\s)[#=~]/.test(unquoted(command)))).toEqual([])
})
