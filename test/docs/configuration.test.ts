import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigFile, parseConfig } from '../../server/src/config.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const page = read('docs/configuration.md')

/** The rows of its tables: what is named first in them, and the cell after. */
const rows = [...page.matchAll(/^\| `([^`]+)` \| (.*?) \|/gm)].map(([, name = '', preset = '']) => ({ name, preset }))

type Schema = {
  properties?: Record<string, Schema>
  items?: Schema
  oneOf?: Schema[]
  additionalProperties?: Schema | boolean
  default?: unknown
  required?: string[]
}

/** Every key of the configuration that holds a value, with its default as JSON; undefined where it must be given. */
const keysOf = (schema: Schema, path: string, preset: string | undefined): [string, string | undefined][] => {
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([name, member]) => {
      const given = member.default ?? (schema.required?.includes(name) ? undefined : 'none')
      return keysOf(member, path === '' ? name : `${path}.${name}`, given === undefined ? undefined : String(given))
    })
  }
  if (schema.items?.properties) return [[`${path}[]`, preset], ...keysOf(schema.items, `${path}[]`, preset)]
  if (typeof schema.additionalProperties === 'object') {
    // Of things with names of one's own none is there by default.
    const each = preset === undefined ? undefined : 'none'
    const forms = schema.additionalProperties.oneOf
    if (forms) return keysOfForms(forms, `${path}.<name>`)
    return schema.additionalProperties.properties ? keysOf(schema.additionalProperties, `${path}.<name>`, each) : [[`${path}.<name>`, each]]
  }
  return [[path, preset]]
}

/** The keys of things of which there are several kinds; what is not alike in all that have the key is said in words. */
const keysOfForms = (forms: Schema[], path: string): [string, string | undefined][] => {
  const presets = Map.groupBy(
    forms.flatMap(({ properties = {}, required = [] }) =>
      Object.entries(properties).map(
        ([name, { default: preset }]) => [name, preset ?? (required.includes(name) ? undefined : 'none')] as const,
      ),
    ),
    ([name]) => name,
  )
  return [...presets].map(([name, given]) => {
    const all = new Set(given.map(([, preset]) => JSON.stringify(preset)))
    const [[, first]] = given as [readonly [string, unknown]]
    return [`${path}.${name}`, all.size > 1 || typeof first === 'object' ? 'none' : first === undefined ? undefined : String(first)]
  })
}

const sources = (folder: string): string[] =>
  readdirSync(new URL(folder, root)).flatMap((name) => {
    const path = `${folder}/${name}`
    return statSync(new URL(path, root)).isDirectory() ? sources(path) : path.endsWith('.ts') ? [path] : []
  })

describe('docs/configuration.md', () => {
  const keys = keysOf(z.toJSONSchema(ConfigFile, { io: 'input' }) as Schema, '', undefined)
  const roles = ['support_admin', 'super_admin', 'auditor', 'support_manager']

  it('names every key of the file, and no other', () => {
    const named = rows.map(({ name }) => name).filter((name) => !/^[A-Z_]+$/.test(name) && !roles.includes(name))
    expect(named.toSorted()).toEqual(keys.map(([key]) => key).toSorted())
  })

  it.each(keys.filter(([, preset]) => preset !== 'none'))('says the default of %s, or that it is required', (key, preset) => {
    const said = rows.find(({ name }) => name === key)?.preset
    if (preset === undefined) expect(said).toBe('required')
    else expect(said).toBe(`\`${preset === '' ? '[]' : preset}\``)
  })

  it('names every variable of the environment that is read, and no other', () => {
    const text = sources('server/src').map(read).join('\n')
    const names = new Set([...text.matchAll(/\b(COUNTERSIGN_[A-Z_]+|DATABASE_[A-Z_]*URL)\b/g)].map(([name]) => name))
    expect(
      rows
        .map(({ name }) => name)
        .filter((name) => /^[A-Z_]+$/.test(name))
        .toSorted(),
    ).toEqual([...names].toSorted())
  })

  it('shows a file that can be used', () => {
    const [, smallest = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
    expect(parseConfig(smallest, 'the page').gateway.upstream).toBe('https://api.product.internal')
  })
})

describe('the documents', () => {
  // Screenshots are made by a command of their own; once there are any, each that is shown must be there.
  const hasImages = existsSync(new URL('docs/images', root))
  const pages = ['README.md', 'ARCHITECTURE.md', 'GLOSSARY.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].concat(
    readdirSync(new URL('docs', root))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  )

  it.each(pages)('%s leads to files that exist', (path) => {
    const at = new URL(path, root)
    for (const [, target = ''] of read(path)
      .replace(/^```[\s\S]*?^```/gm, '')
      .matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
      if (!hasImages && target.includes('images/')) continue
      expect(() => statSync(fileURLToPath(new URL(target, at))), `${path} → ${target}`).not.toThrow()
    }
  })

  it('SECURITY.md names tests that exist', () => {
    const named = [...read('SECURITY.md').matchAll(/`((?:test|log)\/[a-z0-9/._-]+)`/g)].map(([, path = '']) => path)
    expect(named.length).toBeGreaterThan(10)
    for (const path of named) expect(() => statSync(new URL(path, root)), path).not.toThrow()
  })
})
